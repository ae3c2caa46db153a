package main

import (
	"context"
	"net"
	"strconv"
	"sync"
	"time"
)

// notifier tells the service manager how it goes, as sd_notify(3) does: by datagrams to
// the socket that it names. Without one nobody is told.
type notifier struct {
	conn net.Conn // nil: nobody
	stop func()
}

// newNotifier reads what the service manager has put into the environment, and from now
// on says, as often as it wants, that the process goes on.
func newNotifier(rt *runtime) *notifier {
	n := &notifier{stop: func() {}}
	env := func(name string) string {
		if rt.Env == nil {
			return ""
		}
		v, _ := rt.Env(name)
		return v
	}
	at := env("NOTIFY_SOCKET")
	if at == "" {
		return n
	}
	if at[0] == '@' { // an abstract socket of Linux
		at = "\x00" + at[1:]
	}
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "unixgram", at)
	if err != nil {
		return n // whoever waits to be told will say so
	}
	n.conn = conn
	if usec, err := strconv.ParseInt(env("WATCHDOG_USEC"), 10, 40); err == nil && usec > 1 {
		n.watchdog(time.Duration(usec) * time.Microsecond / 2)
	}
	return n
}

func (n *notifier) watchdog(every time.Duration) {
	ticker, ended := time.NewTicker(every), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-ticker.C:
				n.tell("WATCHDOG=1")
			case <-ended:
				return
			}
		}
	})
	n.stop = func() {
		ticker.Stop()
		close(ended)
		wait.Wait()
	}
}

// tell says a state, such as READY=1; that nobody takes it changes nothing.
func (n *notifier) tell(state string) {
	if n.conn != nil {
		_, _ = n.conn.Write([]byte(state))
	}
}

// close ends the watchdog's signs of life.
func (n *notifier) close() {
	n.stop()
	if n.conn != nil {
		_ = n.conn.Close() // nothing is owed
	}
}
