package main

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// served is what `causeway up` says once it serves.
type served struct {
	Public   string   `json:"public"` // host:port, HTTPS
	HTTP     string   `json:"http"`   // host:port, loopback
	Media    string   `json:"media"`  // host:port, UDP: the first of AllMedia
	AllMedia []string `json:"media_all"`
	Meeting  string   `json:"meeting"`
	// JoinURL works in a browser on this machine, PublicJoinURL wherever the
	// public address is reached.
	JoinURL       string `json:"join_url"`
	PublicJoinURL string `json:"public_join_url"`
	Account       string `json:"account"`
	Password      string `json:"password"` // "" if it was changed

	created bool   // the account is new
	state   string // the directory
}

// screen says the same to a person.
func (s served) screen(w io.Writer) {
	password := s.Password
	switch {
	case password == "":
		password = "(yours; `causeway account password --email " + s.Account + "` makes a new one)"
	case s.created:
		password += "   (generated just now)"
	}
	// Both are of one width, for the column.
	where, hint := "From elsewhere", ""
	if s.local() {
		where, hint = "Over HTTPS    ", "\n  Both addresses are for browsers on this machine; --public ADDR lets others in.\n"
	}
	fmt.Fprintf(w, `
Causeway is running. Ctrl-C stops it; accounts and meetings stay in %s.

  On this machine   http://%s/
  %s    https://%s/   (generated certificate: browsers ask once)

  Sign in as        %s
  Password          %s

  A meeting         %s
                    Open it in two windows and you have a conversation.

  Media             UDP %s
%s
`, s.state, s.HTTP, where, s.Public, s.Account, password, s.JoinURL, strings.Join(s.AllMedia, ", "), hint)
}

// local reports whether the public address is a loopback address.
func (s served) local() bool {
	a, err := netip.ParseAddrPort(s.Public)
	return err == nil && a.Addr().IsLoopback()
}
