package strictjson

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestBadTextIsRefusedWithItsReason(t *testing.T) {
	deep := strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1)
	for _, c := range []struct{ text, want string }{
		{``, "not JSON"},
		{`{`, "not JSON"},
		{`{"a":1,}`, "not JSON"},
		{`null`, "object is needed"},
		{`[1]`, "object is needed"},
		{`"a"`, "object is needed"},
		{`{} {}`, "more than one"},
		{`{}x`, "more than one"},
		{`{"a":1,"a":2}`, `"a" occurs twice`},
		{`{"a":1,"\u0061":2}`, `"a" occurs twice`},
		{`{"name":1,"NAME":2}`, `"NAME" occurs twice`},
		{"{\"sub\":1,\"\u017fub\":2}", "occurs twice"}, // long s folds to s
		{`{"x":[{"b":1,"b":2}]}`, `"b" occurs twice`},
		{"{\"a\":\"\xff\"}", "not UTF-8"},
		{deep, "nested"},
	} {
		err := Check([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Check(%q) = %v, want %q", c.text, err, c.want)
		}
	}
}

func TestSameKeyInDifferentObjectsIsFine(t *testing.T) {
	for _, text := range []string{`{}`, ` {"a":{"a":[{"a":1},{"a":2}]},"b":"a","c":["a","a"]} `} {
		if err := Check([]byte(text)); err != nil {
			t.Errorf("Check(%q) = %v", text, err)
		}
	}
}

func TestUnknownFieldsAreRefusedOnlyByUnmarshalKnown(t *testing.T) {
	var v struct {
		A int `json:"a"`
	}
	if err := Unmarshal([]byte(`{"a":1,"b":2}`), &v); err != nil || v.A != 1 {
		t.Errorf("Unmarshal = %v, %+v", err, v)
	}
	err := UnmarshalKnown([]byte(`{"a":1,"b":2}`), &v)
	if err == nil || err.Error() != `the field "b" is unknown` {
		t.Errorf("UnmarshalKnown = %v", err)
	}
	err = UnmarshalKnown([]byte(`{"a":"x"}`), &v)
	if err == nil || err.Error() != `the field "a" does not take a string` {
		t.Errorf("UnmarshalKnown of a wrong type = %v", err)
	}
}

func FuzzCheckedTextHasOneMeaning(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,{"b":null}],"c":"x"}`, `{"a":1,"A":2}`, `{"a":1}{}`, "{\"\xff\":1}", `{"a":1e999}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if Check(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("accepted invalid JSON %q", data)
		}
		var m map[string]json.RawMessage
		if err := Unmarshal(data, &m); err != nil {
			t.Fatalf("checked, but not decoded: %v", err)
		}
		folded := map[string]bool{}
		for k := range m {
			if folded[fold(k)] {
				t.Fatalf("two keys of one meaning in %q", data)
			}
			folded[fold(k)] = true
		}
	})
}
