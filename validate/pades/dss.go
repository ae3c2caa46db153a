package pades

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// dss is a document security store as one revision has it (EN 319 142-1 §5.4.2).
type dss struct {
	material signature.Material
	vri      map[string]*vri // by key, in upper case
	print    evidence.ID     // of all that it holds: two that differ differ in this
}

// vri is the validation-related information of one signature.
type vri struct {
	material signature.Material
	stamp    []byte // TS: a time-stamp token
}

// dssByRevision reads the store of each revision; nil where there is none, and the
// same pointer where nothing changed.
func (f *file) dssByRevision() []*dss {
	out := make([]*dss, len(f.revisions))
	r := dssReader{seen: map[place][]byte{}}
	for i := range f.revisions {
		if f.hostile != nil {
			break
		}
		r.view = view{f, i}
		out[i] = r.read()
		if i > 0 && out[i] != nil && out[i-1] != nil && out[i].print == out[i-1].print {
			out[i] = out[i-1]
		}
	}
	return out
}

type dssReader struct {
	view
	seen  map[place][]byte // decoded streams
	count int
}

func (r *dssReader) read() *dss {
	d := r.dict(r.root().get("DSS"))
	if d == nil {
		return nil
	}
	out := &dss{vri: map[string]*vri{}}
	print := &strings.Builder{}
	r.material(&out.material, d, "Certs", "OCSPs", "CRLs", print)
	all := r.dict(d.get("VRI"))
	if all != nil {
		for i, key := range all.keys {
			if len(key) > 64 || i >= signature.MaxSignatures {
				continue
			}
			e := r.dict(all.values[i])
			if e == nil {
				continue
			}
			print.WriteString("VRI" + key)
			x := &vri{}
			r.material(&x.material, e, "Cert", "OCSP", "CRL", print)
			x.stamp = r.stream(e.get("TS"), print)
			out.vri[strings.ToUpper(key)] = x
		}
	}
	out.print = evidence.Of([]byte(print.String()))
	return out
}

// material reads the streams of the three lists of a store or of a VRI entry.
func (r *dssReader) material(m *signature.Material, d *dict, certs, ocsps, crls string, print *strings.Builder) {
	for _, list := range []struct {
		key string
		out *[][]byte
	}{{certs, &m.Certificates}, {ocsps, &m.OCSPs}, {crls, &m.CRLs}} {
		print.WriteString(list.key)
		for _, o := range r.array(d.get(list.key)) {
			if len(*list.out) >= signature.MaxCertificates || r.count > 20*signature.MaxCertificates || r.hostile != nil {
				break
			}
			r.count++
			if raw := r.stream(o, print); raw != nil {
				*list.out = append(*list.out, raw)
			}
		}
	}
}

// stream decodes one stream, once.
func (r *dssReader) stream(o object, print *strings.Builder) []byte {
	x, ok := o.(ref)
	if !ok {
		return nil // a stream is always an indirect object
	}
	e, ok := r.lookup(x.num)
	if !ok {
		return nil
	}
	p, ok := r.place(e)
	if !ok {
		return nil
	}
	raw, ok := r.seen[p]
	if !ok {
		s, isStream := r.resolve(o).(*stream)
		if !isStream {
			return nil
		}
		b, err := r.decode(s)
		if err != nil || len(b) == 0 {
			return nil
		}
		raw = b
		r.seen[p] = raw
	}
	id := r.idOf(raw)
	print.Write(id[:])
	return raw
}

// of is a signature's VRI entry, whose key is SHA-1 of Contents, with or without the
// zeros that pad it (§5.4.2.3; both are met).
func (d *dss) of(s *signed) *vri {
	if len(d.vri) == 0 {
		return nil
	}
	if s.keys == nil {
		for _, b := range [][]byte{s.contents.b, s.cms.Raw} {
			sum := sha1.Sum(b)
			s.keys = append(s.keys, strings.ToUpper(hex.EncodeToString(sum[:])))
		}
	}
	for _, k := range s.keys {
		if v := d.vri[k]; v != nil {
			return v
		}
	}
	return nil
}

// bag collects material, each object once.
type bag struct {
	signature.Material
	f    *file
	have map[evidence.ID]bool
}

// idOf is the hash of an object that was found in the file; each is hashed once,
// however many signatures it serves.
func (f *file) idOf(raw []byte) evidence.ID {
	if len(raw) == 0 {
		return evidence.ID{}
	}
	key := rawKey{&raw[0], len(raw)}
	id, ok := f.ids[key]
	if !ok {
		id = evidence.Of(raw)
		if f.ids == nil {
			f.ids = map[rawKey]evidence.ID{}
		}
		f.ids[key] = id
	}
	return id
}

// rawKey is where octets stand in memory.
type rawKey struct {
	first *byte
	size  int
}

func (b *bag) add(m signature.Material) {
	b.Certificates = b.take(b.Certificates, m.Certificates)
	b.OCSPs = b.take(b.OCSPs, m.OCSPs)
	b.CRLs = b.take(b.CRLs, m.CRLs)
}

func (b *bag) take(list, more [][]byte) [][]byte {
	if b.have == nil {
		b.have = map[evidence.ID]bool{}
	}
	for _, raw := range more {
		if id := b.f.idOf(raw); !b.have[id] && len(list) < signature.MaxCertificates {
			b.have[id] = true
			list = append(list, raw)
		}
	}
	return list
}

// all adds everything that a store holds, with that of all its VRI entries.
func (b *bag) all(d *dss) {
	if d == nil {
		return
	}
	b.add(d.material)
	for _, v := range d.vri {
		b.add(v.material)
	}
}
