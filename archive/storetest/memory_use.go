package storetest

import (
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// Huge is a source of n octets that are nowhere held.
func Huge(n int64) archive.Source {
	write := func(_ context.Context, w io.Writer) error {
		_, err := io.CopyN(w, rand.NewChaCha8([32]byte{1}), n)
		return err
	}
	sum := sha256.New()
	_ = write(context.Background(), sum) // a hash takes everything
	return archive.Source{Size: n, SHA256: [sha256.Size]byte(sum.Sum(nil)), Write: write}
}

// PeakMemory is how many octets the process has in use at most while do runs, beyond what
// it has before, by the runtime's own statistics, which are asked for all the time.
func PeakMemory(do func()) float64 {
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	runtime.GC()
	idle := inUse()
	peak, ended := idle, make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			peak = max(peak, inUse())
			select {
			case <-ended:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	do()
	close(ended)
	wait.Wait()
	return float64(peak - idle)
}
