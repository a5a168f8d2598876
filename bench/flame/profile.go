// Package flame draws where a Go program's processor time went: it reads a CPU
// profile as runtime/pprof writes it and makes a flame graph of it, one SVG that
// a browser shows as it is, with a title on every frame.
//
// It reads what it needs of the format (profile.proto of google/pprof) and no
// more: samples, locations, functions. It owns nothing beyond the call.
package flame

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Frame is a function in the tree of calls. Value counts what was spent in it
// and in what it called.
type Frame struct {
	Name  string
	Value int64
	Calls []*Frame // in the order in which they were first seen
}

const maxProfile = 64 << 20 // bytes, unpacked

var errFormat = errors.New("flame: this is no profile")

// Read reads a gzipped profile. Values are those of the last sample type: for
// CPU profiles, nanoseconds.
func Read(r io.Reader) (*Frame, error) {
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFormat, err)
	}
	b, err := io.ReadAll(io.LimitReader(unpacked, maxProfile))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFormat, err)
	}
	return parse(b)
}

// profile is the message of that name, as far as it is needed.
type profile struct {
	samples   []sample
	locations map[uint64][]uint64 // functions, innermost first
	functions map[uint64]uint64   // names
	names     []string
}

type sample struct {
	locations []uint64 // innermost first
	values    []uint64
}

func parse(b []byte) (*Frame, error) {
	p := profile{locations: map[uint64][]uint64{}, functions: map[uint64]uint64{}}
	if err := fields(b, p.field); err != nil {
		return nil, err
	}
	root := &Frame{Name: "all"}
	for _, s := range p.samples {
		if len(s.values) == 0 {
			return nil, errFormat
		}
		value := int64(s.values[len(s.values)-1])
		if value <= 0 {
			continue
		}
		root.Value += value
		at := root
		for i := len(s.locations) - 1; i >= 0; i-- {
			functions := p.locations[s.locations[i]]
			for k := len(functions) - 1; k >= 0; k-- {
				at = at.call(p.name(functions[k]))
				at.Value += value
			}
		}
	}
	return root, nil
}

func (p *profile) name(function uint64) string {
	if at := p.functions[function]; at > 0 && at < uint64(len(p.names)) {
		return p.names[at]
	}
	return "?"
}

// call is the frame of this name that f calls.
func (f *Frame) call(name string) *Frame {
	for _, c := range f.Calls {
		if c.Name == name {
			return c
		}
	}
	c := &Frame{Name: name}
	f.Calls = append(f.Calls, c)
	return c
}

// field takes one field of the message Profile.
func (p *profile) field(number int, n uint64, b []byte) error {
	switch number {
	case 2: // sample
		var s sample
		err := fields(b, func(number int, n uint64, b []byte) error {
			switch number {
			case 1:
				return repeated(&s.locations, n, b)
			case 2:
				return repeated(&s.values, n, b)
			}
			return nil
		})
		p.samples = append(p.samples, s)
		return err
	case 4: // location
		var id uint64
		var functions []uint64
		err := fields(b, func(number int, n uint64, b []byte) error {
			switch number {
			case 1:
				id = n
			case 4: // line
				return fields(b, func(number int, n uint64, _ []byte) error {
					if number == 1 {
						functions = append(functions, n)
					}
					return nil
				})
			}
			return nil
		})
		p.locations[id] = functions
		return err
	case 5: // function
		var id, name uint64
		err := fields(b, func(number int, n uint64, _ []byte) error {
			switch number {
			case 1:
				id = n
			case 2:
				name = n
			}
			return nil
		})
		p.functions[id] = name
		return err
	case 6: // string table
		p.names = append(p.names, string(b))
	}
	return nil
}

// repeated takes a repeated number, packed or not.
func repeated(to *[]uint64, n uint64, b []byte) error {
	if b == nil {
		*to = append(*to, n)
		return nil
	}
	for len(b) > 0 {
		v, size := varint(b)
		if size == 0 {
			return errFormat
		}
		*to = append(*to, v)
		b = b[size:]
	}
	return nil
}

// fields walks through a message in the wire format of protocol buffers: numbers
// come in n, everything with a length in b, which is then not nil.
func fields(m []byte, f func(number int, n uint64, b []byte) error) error {
	for len(m) > 0 {
		key, size := varint(m)
		if size == 0 {
			return errFormat
		}
		m = m[size:]
		var n uint64
		var b []byte
		switch key & 7 {
		case 0: // varint
			if n, size = varint(m); size == 0 {
				return errFormat
			}
		case 1: // 64 bit
			size = 8
		case 2: // length-delimited
			length, used := varint(m)
			if used == 0 || length > uint64(len(m)-used) {
				return errFormat
			}
			size = used + int(length)
			b = m[used:size:size]
		case 5: // 32 bit
			size = 4
		default:
			return errFormat
		}
		if size > len(m) {
			return errFormat
		}
		if err := f(int(key>>3), n, b); err != nil {
			return err
		}
		m = m[size:]
	}
	return nil
}

// varint reads a number; size 0 means that there is none.
func varint(b []byte) (v uint64, size int) {
	for i := range min(len(b), 10) {
		v |= uint64(b[i]&0x7F) << (7 * i)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
