package main

import (
	"os"
	goruntime "runtime"
)

// garbageRoom is memory that is never touched, and so takes none. Go collects garbage
// when as much was allocated as is in use: a service that holds ten megabytes of lists
// would collect after every twentieth file, and spend a tenth of its time so. Since this
// counts as in use, it collects that many octets later.
const garbageRoom = 32 << 20

// givesRoom keeps the garbage collector from running all the time in a small heap, until
// what it returns is called. An operator who has set GOGC or GOMEMLIMIT has decided
// otherwise.
func givesRoom() (end func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	room := make([]byte, garbageRoom)
	return func() { goruntime.KeepAlive(room) }
}
