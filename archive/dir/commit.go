package dir

import (
	"os"
	"sync"
)

// committer makes files and folders durable for all who ask at the same time: while one
// group is on its way to the disk, the next one gathers. Of a small group each file and
// folder is synced by itself, of a large one the whole file system at once, where the
// operating system can do that and tells errors: a journal is then written once and not
// once for each.
type committer struct {
	root string // some folder of the file system
	mu   sync.Mutex
	busy bool
	next []*commit

	whole    sync.Once
	wholeAll func() error // syncs the file system; nil where that cannot be done
}

// commit is one file or folder on its way to the disk.
type commit struct {
	open *os.File // a file
	path string   // or a folder
	done chan error
}

// groupLeast is the size of a group from which the file system is synced as a whole.
// Measured on ext4 with two processors: below it that costs more than it saves.
const groupLeast = 6

// file returns when an open file is durable.
func (c *committer) file(f *os.File) error { return c.wait(&commit{open: f}) }

// folder returns when the entries of a folder are durable.
func (c *committer) folder(path string) error { return c.wait(&commit{path: path}) }

func (c *committer) wait(one *commit) error {
	one.done = make(chan error, 1)
	c.mu.Lock()
	c.next = append(c.next, one)
	if !c.busy {
		c.busy = true
		go c.work()
	}
	c.mu.Unlock()
	return <-one.done
}

// work commits group after group, until nobody asks.
func (c *committer) work() {
	for {
		c.mu.Lock()
		group := c.next
		c.next = nil
		c.busy = len(group) > 0
		c.mu.Unlock()
		if len(group) == 0 {
			return
		}
		c.commit(group)
	}
}

func (c *committer) commit(group []*commit) {
	if len(group) >= groupLeast {
		c.whole.Do(func() { c.wholeAll = wholeFileSystem(c.root) })
		if c.wholeAll != nil {
			err := c.wholeAll()
			for _, one := range group {
				one.done <- err
			}
			return
		}
	}
	// Each folder once, however many names in it are new.
	same := map[string][]*commit{}
	var wait sync.WaitGroup
	for _, one := range group {
		if one.path == "" {
			wait.Go(func() { one.done <- one.open.Sync() })
			continue
		}
		same[one.path] = append(same[one.path], one)
	}
	for path, ones := range same {
		wait.Go(func() {
			err := syncFolder(path)
			for _, one := range ones {
				one.done <- err
			}
		})
	}
	wait.Wait()
}
