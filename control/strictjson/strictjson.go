// Package strictjson decodes JSON that came from a stranger.
//
// It refuses what encoding/json lets pass and what two readers may understand
// differently: keys that occur twice (also if they differ in case only, as
// encoding/json matches them without it), text that is not UTF-8, a second
// value behind the first, and nesting without end. It does not bound the size:
// whoever reads the bytes does that before. It holds no state.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deeply objects and arrays may be nested.
const MaxDepth = 32

// Unmarshal decodes one JSON object into v, a pointer to a struct or a map.
// Fields that v does not know are ignored: use it between versions of the
// program, and for formats that say so (RFC 7519 section 4).
func Unmarshal(data []byte, v any) error {
	if err := Check(data); err != nil {
		return err
	}
	return explain(json.Unmarshal(data, v))
}

// UnmarshalKnown is Unmarshal, but a field that v does not know is an error:
// use it for requests of people and scripts, who want to hear of a misspelling.
func UnmarshalKnown(data []byte, v any) error {
	if err := Check(data); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return explain(d.Decode(v))
}

// Check reports why data is not one JSON object with distinct keys, or nil.
func Check(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("the text is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	first, err := d.Token()
	if err != nil {
		return errors.New("the text is not JSON")
	}
	if first != json.Delim('{') {
		return errors.New("a JSON object is needed")
	}
	if err := walk(d); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more than one JSON value")
	}
	return nil
}

// level is one open object or array. keys is nil for an array.
type level struct {
	keys    map[string]struct{}
	wantKey bool
}

// walk reads the rest of the object that d has just opened.
func walk(d *json.Decoder) error {
	open := []level{{keys: map[string]struct{}{}, wantKey: true}}
	for len(open) > 0 {
		token, err := d.Token()
		if err != nil {
			return errors.New("the text is not JSON")
		}
		top := &open[len(open)-1]
		switch token {
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			continue
		}
		if top.keys != nil && top.wantKey {
			name, _ := token.(string)
			if _, twice := top.keys[fold(name)]; twice {
				return fmt.Errorf("the field %q occurs twice", clip(name))
			}
			top.keys[fold(name)] = struct{}{}
			top.wantKey = false
			continue
		}
		top.wantKey = top.keys != nil
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]struct{}{}, wantKey: true})
		case json.Delim('['):
			open = append(open, level{})
		}
		if len(open) > MaxDepth {
			return fmt.Errorf("objects and arrays are nested more than %d deep", MaxDepth)
		}
	}
	return nil
}

// fold maps names that encoding/json takes for the same field to one string:
// each rune becomes the smallest one of its case orbit.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next
			}
			r = next
		}
	}, name)
}

// explain words the errors of encoding/json for people, without Go's types.
func explain(err error) error {
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return fmt.Errorf("the field %q does not take a %s", clip(wrongType.Field), wrongType.Value)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return fmt.Errorf("the field %s is unknown", clip(strings.TrimPrefix(err.Error(), "json: unknown field ")))
	}
	return errors.New("the text is not the JSON that is expected here")
}

// clip bounds what an error repeats of a stranger's text.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
