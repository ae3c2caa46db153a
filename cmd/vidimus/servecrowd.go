package main

import (
	"os"
	goruntime "runtime"
)

// besides is told when so many uploads wait that more are refused, and when they have
// gone. Until then Go runs one thread more than there are judgings: with as many threads
// as judgings it looks at its connections only when a judging has had its ten
// milliseconds, and again for each step of an answer, so that a refusal took 30 to 200 ms.
// Not always, since that takes time of the processors from the judgings.
func besides(judgings int) (crowded func(yes bool)) {
	end := func() {}
	return func(yes bool) {
		if !yes {
			end()
			return
		}
		before := goruntime.GOMAXPROCS(0)
		switch {
		case before > judgings:
			end = func() {}
			return
		case os.Getenv("GOMAXPROCS") != "":
			end = func() { goruntime.GOMAXPROCS(before) }
		default:
			end = goruntime.SetDefaultGOMAXPROCS // Go follows the processors that the system gives again
		}
		goruntime.GOMAXPROCS(judgings + 1)
	}
}
