package meeting

import (
	"fmt"
	"strings"
	"testing"
)

func TestBadMessagesAreRefusedAndChangeNothing(t *testing.T) {
	long := `{"type":"view","sources":[` + strings.Repeat("1,", maxView) + `1]}`
	for name, c := range map[string]struct{ text, code string }{
		"nothing":                {``, codeBadRequest},
		"no JSON":                {`hello`, codeBadRequest},
		"no object":              {`[1]`, codeBadRequest},
		"null":                   {`null`, codeBadRequest},
		"two objects":            {`{"type":"leave"}{"type":"leave"}`, codeBadRequest},
		"no type":                {`{}`, codeBadRequest},
		"type of wrong type":     {`{"type":3}`, codeBadRequest},
		"unknown type":           {`{"type":"dance"}`, codeBadRequest},
		"key in other case":      {`{"Type":"leave"}`, codeBadRequest},
		"duplicate type":         {`{"type":"view","type":"leave"}`, codeBadRequest},
		"duplicate by escape":    {`{"type":"view","t\u0079pe":"leave"}`, codeBadRequest},
		"duplicate unknown":      {`{"type":"leave","x":1,"x":2}`, codeBadRequest},
		"nested":                 {`{"type":"leave","x":{"type":"end"}}`, codeBadRequest},
		"many keys":              {`{"type":"leave"` + keys(20) + `}`, codeBadRequest},
		"id of wrong type":       {`{"type":"leave","id":"1"}`, codeBadRequest},
		"id not whole":           {`{"type":"leave","id":1.5}`, codeBadRequest},
		"too long":               {`{"type":"leave","x":"` + strings.Repeat("x", maxMessage) + `"}`, codeBadRequest},
		"source without mid":     {`{"type":"source","kind":"mic","muted":true}`, codeBadRequest},
		"source without change":  {`{"type":"source","mid":"0"}`, codeBadRequest},
		"source unknown mid":     {`{"type":"source","mid":"99","muted":true}`, codeNotFound},
		"source receiving mid":   {`{"type":"source","mid":"5","muted":true}`, codeNotFound},
		"source picture as mic":  {`{"type":"source","mid":"1","kind":"mic"}`, codeBadRequest},
		"source unknown kind":    {`{"type":"source","mid":"0","kind":"x"}`, codeBadRequest},
		"source muted as string": {`{"type":"source","mid":"0","muted":"yes"}`, codeBadRequest},
		"view empty":             {`{"type":"view"}`, codeBadRequest},
		"view both":              {`{"type":"view","auto":true,"sources":[]}`, codeBadRequest},
		"view too many":          {long, codeBadRequest},
		"view negative":          {`{"type":"view","sources":[-1]}`, codeBadRequest},
		"view huge":              {`{"type":"view","sources":[4294967296]}`, codeBadRequest},
		"view of strings":        {`{"type":"view","sources":["1"]}`, codeBadRequest},
		"view of lists":          {`{"type":"view","sources":[[1]]}`, codeBadRequest},
		"view of no list":        {`{"type":"view","sources":1}`, codeBadRequest},
		"end by no host":         {`{"type":"end"}`, codeForbidden},
		"mute by no host":        {`{"type":"mute","participant":"h","kind":"mic"}`, codeForbidden},
		"remove by no host":      {`{"type":"remove","participant":"h"}`, codeForbidden},
		"pretended role":         {`{"type":"end","role":"host","participant":"h","session":"s-h"}`, codeForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			h, p := w.enter(host(web("h", 2))), w.enter(web("p", 2))
			h.last = nil
			w.say(p, c.text)
			if m := p.find("error"); len(p.last) != 1 || m == nil || m.Code != c.code || m.Detail == "" {
				t.Fatalf("answer %+v", p.last)
			}
			w.pass(1e9)
			if len(h.last) != 0 || h.closed+p.closed != "" {
				t.Fatalf("others were told %+v", h.last)
			}
		})
	}
}

func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return b.String()
}

func TestAnswersCarryTheRequestsNumber(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 2))
	w.say(a, `{"type":"view","auto":true,"id":-12}`)
	if m := a.find("ok"); m == nil || *m.ID != -12 {
		t.Fatalf("answer %+v", a.last)
	}
	w.say(a, `{"id":13,"type":"end"}`)
	if m := a.find("error"); m == nil || *m.ID != 13 || m.Code != codeForbidden {
		t.Fatalf("answer %+v", a.last)
	}
	w.say(a, `{"type":"view","auto":true}`)
	if len(a.last) != 0 {
		t.Fatalf("unasked answer %+v", a.last)
	}
}

func TestFloodIsRefusedAndLaterForgiven(t *testing.T) {
	w := newWorld(t)
	a := w.enter(web("a", 2))
	w.pass(10e9)
	done, refused := 0, 0
	for range 1000 {
		w.say(a, `{"type":"view","auto":true,"id":1}`)
		switch m := a.last; {
		case len(m) == 1 && m[0].Type == "ok":
			done++
		case len(m) == 1 && m[0].Code == codeTooMany:
			refused++
		case len(m) != 0:
			t.Fatalf("answer %+v", m)
		}
	}
	if done != messageBurst || refused != 1 {
		t.Fatalf("%d done, %d told of refusal", done, refused)
	}
	w.pass(1e9)
	for range 1000 {
		if w.say(a, `{"type":"view","auto":true,"id":1}`); a.find("ok") != nil {
			done++
		}
	}
	if done != messageBurst+messageRate {
		t.Fatalf("%d done after a second", done)
	}
}

func TestHostMutesAndTheMutedOneIsTold(t *testing.T) {
	w := newWorld(t)
	h, p := w.enter(host(web("h", 2))), w.enter(web("p", 2))
	p.last = nil
	w.say(h, `{"type":"mute","participant":"p","kind":"mic","id":1}`)
	if h.find("ok") == nil || !w.router[w.source(p, 0)].muted || w.router[w.source(p, 1)].muted {
		t.Fatal("not muted, or too much")
	}
	if m := p.find("muted"); m == nil || m.Kind != "mic" || m.By != "Name of h" {
		t.Fatalf("told %+v", p.last)
	}
	p.last = nil
	w.say(h, `{"type":"mute","participant":"p","kind":"mic"}`)
	if p.find("muted") != nil {
		t.Fatal("told twice")
	}
	w.say(p, `{"type":"source","mid":"0","muted":false}`)
	w.pass(1e9)
	if w.router[w.source(p, 0)].muted || h.people["p"].Sources[0].Muted {
		t.Fatal("cannot unmute again")
	}
	for text, code := range map[string]string{
		`{"type":"mute","participant":"x","kind":"mic"}`:   codeNotFound,
		`{"type":"mute","participant":"p","kind":"tuba"}`:  codeBadRequest,
		`{"type":"mute","participant":"p"}`:                codeBadRequest,
		`{"type":"mute","kind":"mic"}`:                     codeBadRequest,
		`{"type":"remove","participant":"nobody"}`:         codeNotFound,
		`{"type":"remove","participant":"h"}`:              codeBadRequest,
		`{"type":"remove","participant":"s-p","x":"s-p"}`:  codeNotFound,
		`{"type":"remove","participant":["p"],"id":1}`:     codeBadRequest,
		`{"type":"remove","participant":"p","muted":"no"}`: codeBadRequest,
	} {
		if w.say(h, text); h.find("error") == nil || h.find("error").Code != code {
			t.Errorf("%s: %+v", text, h.last)
		}
	}
}

func TestHostRemoves(t *testing.T) {
	w := newWorld(t)
	h, p := w.enter(host(web("h", 2))), w.enter(web("p", 2))
	p.last = nil
	w.say(h, `{"type":"remove","participant":"p","id":2}`)
	w.pass(1e9)
	if p.closed != ReasonRemoved || p.find("ended").Reason != ReasonRemoved || len(h.people) != 1 || h.find("ok") == nil {
		t.Fatalf("closed %q, told %+v, host knows %+v", p.closed, p.last, h.people)
	}
	if len(h.visible()) != 0 {
		t.Fatal("its picture stays")
	}
}

func TestPlannedLeaveIsSeenAtOnce(t *testing.T) {
	w := newWorld(t)
	a, b := w.enter(web("a", 2)), w.enter(web("b", 2))
	w.say(b, `{"type":"leave","id":3}`)
	if b.closed != ReasonLeft || b.find("ok") == nil || len(a.people) != 1 {
		t.Fatalf("closed %q, a knows %+v", b.closed, a.people)
	}
}

func TestScreenTakesTheCameraLane(t *testing.T) {
	w := newWorld(t)
	a, b := w.enter(web("a", 3)), w.enter(web("b", 3))
	w.say(b, `{"type":"source","mid":"1","kind":"screen"}`)
	w.pass(1e9)
	if a.people["b"].Sources[1].Kind != "screen" {
		t.Fatalf("a knows %+v", a.people["b"])
	}
	w.consistent(true)
}
