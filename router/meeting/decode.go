package meeting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// request is a client's message, every field as it was sent. The pointers tell
// absent from zero.
type request struct {
	Type        string
	ID          *int64
	MID         *string
	Kind        *string
	Participant *string
	Muted       *bool
	Auto        *bool
	Sources     []SourceID
	HasSources  bool
}

// decode reads one client message: one JSON object whose values are strings,
// numbers and booleans, plus the array "sources". It is stricter than
// encoding/json, because two readers of one text must not see two meanings:
// keys are compared byte for byte, and no key may come twice. Unknown keys with
// plain values are ignored.
func decode(text []byte, r *request) error {
	if !json.Valid(text) {
		return fmt.Errorf("the message is not valid JSON")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("the message is not a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return fmt.Errorf("the message is not valid JSON")
		}
		key := t.(string)
		if seen[key] {
			return fmt.Errorf("a key comes twice")
		}
		if len(seen) == maxKeys {
			return fmt.Errorf("more than %d keys", maxKeys)
		}
		seen[key] = true
		if err := r.field(d, key); err != nil {
			return err
		}
	}
	if !seen["type"] {
		return fmt.Errorf(`"type" is missing`)
	}
	return nil
}

const maxKeys = 16 // of one message

// field reads the value of key from d.
func (r *request) field(d *json.Decoder, key string) error {
	if key == "sources" {
		return r.list(d)
	}
	t, err := d.Token()
	if err != nil {
		return fmt.Errorf("the message is not valid JSON")
	}
	if _, nested := t.(json.Delim); nested {
		return fmt.Errorf("only \"sources\" may hold more than one value")
	}
	ok := true
	switch key {
	case "type":
		r.Type, ok = t.(string)
	case "mid":
		r.MID, ok = as[string](t)
	case "kind":
		r.Kind, ok = as[string](t)
	case "participant":
		r.Participant, ok = as[string](t)
	case "muted":
		r.Muted, ok = as[bool](t)
	case "auto":
		r.Auto, ok = as[bool](t)
	case "id":
		n, isNumber := t.(json.Number)
		id, err := n.Int64()
		r.ID, ok = &id, isNumber && err == nil
		if !ok {
			r.ID = nil
		}
	}
	if !ok {
		return fmt.Errorf("%q has a value of the wrong type", key)
	}
	return nil
}

func as[T any](t json.Token) (*T, bool) {
	v, ok := t.(T)
	if !ok {
		return nil, false
	}
	return &v, true
}

// list reads "sources": at most maxView source ids.
func (r *request) list(d *json.Decoder) error {
	wrong := fmt.Errorf(`"sources" has to be an array of at most %d source ids`, maxView)
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return wrong
	}
	r.HasSources = true
	for d.More() {
		t, err := d.Token()
		if err == io.EOF || len(r.Sources) == maxView {
			return wrong
		}
		n, ok := t.(json.Number)
		id, err := n.Int64()
		if !ok || err != nil || id < 0 || id > 1<<32-1 {
			return wrong
		}
		r.Sources = append(r.Sources, SourceID(id))
	}
	_, err := d.Token()
	return err
}
