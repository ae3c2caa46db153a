package main

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/gather"
)

// puttings is what the files of one `archive put` have in common.
type puttings struct {
	*ArchivePutCmd
	rt          *runtime
	v           *validate.Validator
	src         gather.Source
	at, until   time.Time
	st, replica archive.Store // replica: nil, there is none
	log         *auditor
	index       *indexer
}

// file judges one file and archives it. A large one is not held in memory: its octets
// are judged and hashed where they lie on disk, and go from there into the stores. That
// it cannot be judged, or was changed meanwhile, stands in the line.
func (p *puttings) file(ctx context.Context, name string) (line put, err error) {
	line.File = name
	var large largeFiles
	defer func() {
		fault := recover()
		changed := large.close()
		switch {
		case changed != nil && line.ID == "": // else it was archived before, whole
			line.Error, err = changed.Message, nil
		case fault != nil:
			panic(fault)
		}
	}()
	// A mapped file that another program makes shorter has no octets where it had some.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	req, readErr := job{file: name, detached: p.Detached}.open(p.at, &large)
	if readErr != nil {
		line.Error = readErr.Message
		return line, nil
	}
	req = gathered(ctx, p.v, req, p.src)
	verdict, err := p.v.Validate(req)
	if err != nil {
		return line, err
	}
	if e := verdict.Report.Error; e != nil {
		line.Error = e.Message
		return line, nil
	}
	b, err := packed(p.st, p.v, req, verdict)
	if err != nil {
		return line, err
	}
	if changed := large.changed(); changed != nil { // then it was judged and hashed at different times
		line.Error = changed.Message
		return line, nil
	}
	id, err := archive.SaveBundle(ctx, p.st, b)
	if err == nil {
		line.ID = id
		err = p.retained(ctx, p.st, &line, p.until, p.rt.Now())
	}
	if err = p.log.told(ctx, "put", line.ID, err, enforced(p.st, line)); err != nil {
		return line, err
	}
	p.copied(ctx, b)
	p.index.add(ctx, line.ID)
	line.SignaturesCount, line.ValidSignaturesCount = verdict.Report.SignaturesCount, verdict.Report.ValidSignaturesCount
	return line, nil
}

// copied puts a bundle into the replica as well. That it cannot be is said, and stops
// nothing: the bundle is archived, and replicating catches up.
func (p *puttings) copied(ctx context.Context, b *bundle.Bundle) {
	if p.replica == nil {
		return
	}
	if _, err := archive.SaveBundle(ctx, p.replica, b); err != nil { // its retention 'archive replicate' carries over
		say(p.rt.Stderr, "vidimus: warning: bundle %s is not in the replica yet: %s; 'vidimus archive replicate' brings it\n", b.ID, plainText(err.Error()))
	}
}
