package cloudlink

import (
	"testing"

	"causeway/control/strictjson"
	"causeway/control/wire"
)

// FuzzMessage feeds the link what a cloud gone wrong might say.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"welcome":{"issuer":"i","keys":[{"kid":"k","public":"AAAA"}],"last_seq":18446744073709551615}}`))
	f.Add([]byte(`{"ack":{"epoch":1,"seq":9},"end":{"meeting":"x"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var m wire.LinkMessage
		if strictjson.Unmarshal(text, &m) != nil {
			return
		}
		o := &outbox{entries: map[string]*entry{}}
		o.set(live("one", 1))
		o.next(1)
		if m.Ack != nil {
			o.ack(m.Ack.Seq)
		}
		if m.Welcome != nil {
			o.resume(m.Welcome.LastSeq)
		}
		if o.entries["one"] == nil {
			t.Fatal("a live meeting was forgotten")
		}
	})
}
