package store

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/control/wire"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func key(b byte) ed25519.PublicKey {
	k := make(ed25519.PublicKey, ed25519.PublicKeySize)
	k[0] = b
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func addAccount(t testing.TB, s *Store, id string) {
	t.Helper()
	must(t, s.AddAccount(context.Background(), Account{ID: id, Email: id + "@example.com", Name: strings.ToUpper(id), Password: "x", Created: noon}))
}

func TestASecondStartFindsEverything(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "a dir? with 100% #odd name")
	s := openStore(t, dir)
	addAccount(t, s, "a")
	must(t, s.AddMeeting(ctx, Meeting{ID: "abc", Owner: "a", Title: "T", Created: noon, Zone: "z"}))
	must(t, s.Close())

	s = openStore(t, dir)
	a, err := s.AccountByEmail(ctx, "A@Example.com")
	must(t, err)
	if a.ID != "a" || a.Name != "A" || !a.Created.Equal(noon) {
		t.Errorf("account %+v", a)
	}
	m, err := s.Meeting(ctx, "abc", noon)
	must(t, err)
	if want := (Meeting{ID: "abc", Owner: "a", Title: "T", Created: noon, LastUsed: noon, Zone: "z", OwnerName: "A"}); m != want {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	for _, name := range []string{"cloud.db", "cloud.db-wal"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestWhatCannotBeOpenedNamesCauseAndCureInOneLine(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	must(t, os.WriteFile(plain, nil, 0o600))
	damaged := t.TempDir()
	must(t, os.WriteFile(filepath.Join(damaged, file), []byte(strings.Repeat("not a database ", 100)), 0o600))
	newer := t.TempDir()
	s := openStore(t, newer)
	if _, err := s.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
		t.Fatal(err)
	}
	must(t, s.Close())
	for _, c := range []struct{ dir, cause, cure string }{
		{filepath.Join(plain, "state"), "not a directory", "name another directory"},
		{"/proc/nothing-here", "cannot be written", "give this user write access"},
		{damaged, "is damaged", "put a backup in its place"},
		{newer, "newer version", "start that version again"},
	} {
		_, err := Open(context.Background(), c.dir)
		if err == nil || !strings.Contains(err.Error(), c.cause) || !strings.Contains(err.Error(), c.cure) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.dir, err)
		}
	}
}

func TestSeveralProcessesOpenANewDirectoryAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := Open(context.Background(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for j := range 5 {
				if err := s.AddMeeting(context.Background(), Meeting{ID: fmt.Sprintf("m-%d-%d", i, j), Created: noon}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s := openStore(t, dir)
	for i := range 8 {
		for j := range 5 {
			if _, err := s.Meeting(context.Background(), fmt.Sprintf("m-%d-%d", i, j), noon); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAccountsAreFoundAndTakenAddressesRefused(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	if _, err := s.FirstAccount(ctx); !errors.Is(err, ErrNotFound) {
		t.Errorf("first of none: %v", err)
	}
	addAccount(t, s, "a")
	if err := s.AddAccount(ctx, Account{ID: "b", Email: "A@EXAMPLE.COM", Created: noon}); !errors.Is(err, ErrExists) {
		t.Errorf("the same address again: %v", err)
	}
	if _, err := s.AccountByEmail(ctx, "b@example.com"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown address: %v", err)
	}
	if err := s.SetPassword(ctx, "nobody", "x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("password of nobody: %v", err)
	}
}

func TestLoginsEndInTimeByHandAndWithThePassword(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	addAccount(t, s, "a")
	add := func(name string, created time.Time) {
		must(t, s.AddLogin(ctx, Login{TokenHash: []byte(name), Account: "a", Created: created, Expires: noon.Add(time.Hour)}))
	}
	in := func(name string, now time.Time) bool {
		a, err := s.LoginAccount(ctx, []byte(name), now)
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		return a.ID == "a"
	}
	add("one", noon)
	if !in("one", noon) || in("one", noon.Add(time.Hour)) || in("two", noon) {
		t.Error("a login must count until it expires, and no other")
	}
	must(t, s.DeleteLogin(ctx, []byte("one")))
	if in("one", noon) {
		t.Error("signed out, but still in")
	}
	for i := range maxLogins + 1 {
		add(fmt.Sprint("n", i), noon.Add(time.Duration(i)*time.Second))
	}
	if in("n0", noon) || !in("n1", noon) || !in(fmt.Sprint("n", maxLogins), noon) {
		t.Error("of too many logins the oldest must go")
	}
	must(t, s.SetPassword(ctx, "a", "y"))
	if in("n1", noon) {
		t.Error("a changed password must sign out everywhere")
	}
	add("last", noon)
	must(t, s.Sweep(ctx, noon.Add(2*time.Hour)))
	var left int
	must(t, s.read.QueryRow(`SELECT COUNT(*) FROM logins`).Scan(&left))
	if left != 0 {
		t.Errorf("%d logins left after the sweep", left)
	}
}

func TestMeetingsAreListedNewestFirstForTheirOwnerOnly(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	addAccount(t, s, "a")
	addAccount(t, s, "b")
	for i, id := range []string{"one", "two", "three"} {
		must(t, s.AddMeeting(ctx, Meeting{ID: id, Owner: "a", Created: noon.Add(time.Duration(i) * time.Second)}))
	}
	must(t, s.AddMeeting(ctx, Meeting{ID: "bee", Owner: "b", Created: noon}))
	must(t, s.AddMeeting(ctx, Meeting{ID: "nobodys", Created: noon}))
	if err := s.AddMeeting(ctx, Meeting{ID: "one", Owner: "b", Created: noon}); !errors.Is(err, ErrExists) {
		t.Errorf("the same id again: %v", err)
	}
	list, err := s.MeetingsOf(ctx, "a", 2, noon)
	must(t, err)
	if len(list) != 2 || list[0].ID != "three" || list[1].ID != "two" {
		t.Errorf("got %+v", list)
	}
}

func TestAMeetingsZoneIsChosenOnce(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	must(t, s.AddMeeting(ctx, Meeting{ID: "abc", Created: noon}))
	must(t, s.UseMeeting(ctx, "abc", "", "z1", noon.Add(time.Minute)))
	if err := s.UseMeeting(ctx, "abc", "", "z2", noon); !errors.Is(err, ErrStale) {
		t.Errorf("a second choice: %v", err)
	}
	must(t, s.UseMeeting(ctx, "abc", "z1", "z1", noon))
	m, err := s.Meeting(ctx, "abc", noon)
	must(t, err)
	if m.Zone != "z1" || !m.LastUsed.Equal(noon.Add(time.Minute)) {
		t.Errorf("got %+v", m)
	}
}

func TestAPairingCodeIsUsedOnce(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	must(t, s.AddPairingCode(ctx, []byte("code"), noon, noon.Add(time.Hour)))
	must(t, s.AddPairingCode(ctx, []byte("code2"), noon, noon.Add(time.Hour)))
	pair := func(code, id string, k byte, now time.Time) (string, error) {
		return s.PairZone(ctx, []byte(code), id, key(k), now)
	}
	if _, err := pair("code", "z1", 1, noon.Add(time.Hour)); !errors.Is(err, ErrNotFound) {
		t.Errorf("too late: %v", err)
	}
	if _, err := pair("other", "z1", 1, noon); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	zone, err := pair("code", "z1", 1, noon)
	if err != nil || zone != "z1" {
		t.Fatalf("%q, %v", zone, err)
	}
	if zone, err = pair("code", "z9", 1, noon); err != nil || zone != "z1" {
		t.Errorf("the same again, as after a lost answer: %q, %v", zone, err)
	}
	if _, err = pair("code", "z2", 2, noon); !errors.Is(err, ErrNotFound) {
		t.Errorf("used by another key: %v", err)
	}
	if zone, err = pair("code2", "z3", 1, noon); err != nil || zone != "z1" {
		t.Errorf("a paired key keeps its zone: %q, %v", zone, err)
	}
}

func TestAZoneUnderANewKeyStartsAnew(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	trust := func(id string, k byte) (bool, error) { return s.TrustZone(ctx, id, key(k), noon) }
	if _, err := s.LastZone(ctx); !errors.Is(err, ErrNotFound) {
		t.Errorf("last of none: %v", err)
	}
	if changed, err := trust("z1", 1); changed || err != nil {
		t.Fatalf("%v, %v", changed, err)
	}
	if _, err := s.OpenEpoch(ctx, "z1", 7, noon); err != nil {
		t.Fatal(err)
	}
	if changed, err := trust("z1", 1); changed || err != nil {
		t.Errorf("the same again: %v, %v", changed, err)
	}
	if z, _ := s.Zone(ctx, "z1"); z.Epoch != 7 {
		t.Errorf("forgot the epoch: %+v", z)
	}
	if _, err := trust("z2", 1); !errors.Is(err, ErrExists) {
		t.Errorf("another zone's key: %v", err)
	}
	if changed, err := trust("z1", 2); !changed || err != nil {
		t.Errorf("a new key: %v, %v", changed, err)
	}
	if z, _ := s.Zone(ctx, "z1"); z.Epoch != 0 || z.PublicKey[0] != 2 {
		t.Errorf("got %+v", z)
	}
}

func TestStaleAndRepeatedReportsChangeNothing(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	for _, id := range []string{"z1", "z2"} {
		_, err := s.TrustZone(ctx, id, key(id[1]), noon)
		must(t, err)
	}
	must(t, s.AddMeeting(ctx, Meeting{ID: "abc", Created: noon, Zone: "z1"}))
	must(t, s.AddMeeting(ctx, Meeting{ID: "foreign", Created: noon, Zone: "z2"}))
	now := noon
	report := func(epoch, seq uint64, participants int, more ...wire.MeetingStatus) (Taken, error) {
		return s.TakeStatus(ctx, "z1", &wire.ZoneStatus{Epoch: epoch, Seq: seq,
			Meetings: append(more, wire.MeetingStatus{Meeting: "abc", Live: participants > 0, Participants: participants, Since: noon})}, now)
	}
	seen := func(id string) int {
		t.Helper()
		m, err := s.Meeting(ctx, id, now)
		must(t, err)
		if !m.Live {
			return -1
		}
		return m.Participants
	}
	if last, err := s.OpenEpoch(ctx, "z1", 3, now); last != 0 || err != nil {
		t.Fatalf("%d, %v", last, err)
	}
	if _, err := report(3, 5, 2); err != nil || seen("abc") != 2 {
		t.Fatalf("%v, %d participants", err, seen("abc"))
	}
	if last, err := s.OpenEpoch(ctx, "z1", 3, now); last != 5 || err != nil {
		t.Errorf("resumed at %d, %v", last, err)
	}
	for _, seq := range []uint64{5, 4, 0} {
		if taken, err := report(3, seq, 9); err != nil || !taken.Repeated || seen("abc") != 2 {
			t.Errorf("seq %d again: %+v, %v", seq, taken, err)
		}
	}
	if _, err := report(2, 99, 9); !errors.Is(err, ErrStale) || seen("abc") != 2 {
		t.Errorf("older epoch: %v", err)
	}
	if _, err := s.OpenEpoch(ctx, "z1", 2, now); !errors.Is(err, ErrStale) {
		t.Errorf("older epoch opened: %v", err)
	}
	if _, err := s.OpenEpoch(ctx, "z9", 2, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown zone: %v", err)
	}
	taken, err := report(3, 6, 3, wire.MeetingStatus{Meeting: "foreign", Live: true, Participants: 8, EndedForAll: true}, wire.MeetingStatus{Meeting: "unknown", Live: true})
	if err != nil || taken.Foreign != 2 || seen("abc") != 3 || seen("foreign") != -1 {
		t.Errorf("another zone's meeting: %+v, %v", taken, err)
	}
	if m, _ := s.Meeting(ctx, "foreign", now); !m.Ended.IsZero() {
		t.Error("a zone ended another zone's meeting")
	}

	// A new controller: what the old one said counts until the new one knows.
	if last, err := s.OpenEpoch(ctx, "z1", 4, now); last != 0 || err != nil {
		t.Errorf("new epoch begins at %d, %v", last, err)
	}
	if seen("abc") != 3 {
		t.Error("forgotten at once")
	}
	now = noon.Add(epochGrace)
	if seen("abc") != -1 {
		t.Error("an old epoch's report counts for ever")
	}
	if _, err := report(4, 1, 1); err != nil || seen("abc") != 1 {
		t.Errorf("first report of the new epoch: %v", err)
	}
	if _, err := report(4, 2, 0); err != nil || seen("abc") != -1 {
		t.Errorf("a meeting that closed: %v", err)
	}
}

func TestAnEndedMeetingStaysEnded(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	_, err := s.TrustZone(ctx, "z1", key(1), noon)
	must(t, err)
	report := func(seq uint64, m wire.MeetingStatus) Taken {
		m.Since = noon
		taken, err := s.TakeStatus(ctx, "z1", &wire.ZoneStatus{Epoch: 1, Seq: seq, Meetings: []wire.MeetingStatus{m}}, noon.Add(time.Minute))
		must(t, err)
		return taken
	}
	for _, id := range []string{"here", "there"} {
		must(t, s.AddMeeting(ctx, Meeting{ID: id, Created: noon, Zone: "z1"}))
	}
	report(1, wire.MeetingStatus{Meeting: "here", Live: true, Participants: 2})
	must(t, s.EndMeeting(ctx, "here", noon))
	must(t, s.EndMeeting(ctx, "here", noon.Add(time.Hour)))
	if m, _ := s.Meeting(ctx, "here", noon); !m.Ended.Equal(noon) {
		t.Errorf("ended %v", m.Ended)
	}
	if ids, err := s.Unended(ctx, "z1"); err != nil || len(ids) != 1 || ids[0] != "here" {
		t.Errorf("unended: %v, %v", ids, err)
	}
	if taken := report(2, wire.MeetingStatus{Meeting: "here", Live: true, Participants: 3}); len(taken.EndAgain) != 1 {
		t.Errorf("still live: %+v", taken)
	}
	report(3, wire.MeetingStatus{Meeting: "here"})
	if ids, err := s.Unended(ctx, "z1"); err != nil || len(ids) != 0 {
		t.Errorf("unended: %v, %v", ids, err)
	}
	report(4, wire.MeetingStatus{Meeting: "there", EndedForAll: true})
	if m, _ := s.Meeting(ctx, "there", noon); m.Ended.IsZero() || m.Live {
		t.Errorf("ended in the zone: %+v", m)
	}
}

func TestOneOfSeveralNewKeysIsTaken(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	for i := range 3 {
		added, err := s.AddSigningKey(ctx, SigningKey{ID: fmt.Sprint("k", i), Seed: make([]byte, 32), Created: noon, SignsFrom: noon}, noon.Add(-time.Hour))
		if err != nil || added != (i == 0) {
			t.Errorf("key %d: %v, %v", i, added, err)
		}
	}
	later := SigningKey{ID: "later", Seed: make([]byte, 32), Created: noon.Add(2 * time.Hour), SignsFrom: noon.Add(3 * time.Hour)}
	if added, err := s.AddSigningKey(ctx, later, noon.Add(time.Hour)); !added || err != nil {
		t.Fatal(added, err)
	}
	keys, err := s.SigningKeys(ctx)
	if err != nil || len(keys) != 2 || keys[0].ID != "later" || !keys[0].SignsFrom.Equal(later.SignsFrom) {
		t.Errorf("%+v, %v", keys, err)
	}
	must(t, s.DeleteSigningKey(ctx, "k0"))
	if keys, _ = s.SigningKeys(ctx); len(keys) != 1 {
		t.Errorf("%+v", keys)
	}
}

func TestSettingsKeepTheirFirstDefault(t *testing.T) {
	ctx, s := context.Background(), openStore(t, t.TempDir())
	for _, v := range []string{"one", "two"} {
		if got, err := s.SetDefault(ctx, "x", v); err != nil || got != "one" {
			t.Errorf("%q, %v", got, err)
		}
	}
	must(t, s.Set(ctx, "x", "three"))
	if got, err := s.Setting(ctx, "x"); err != nil || got != "three" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := s.Setting(ctx, "y"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestKilledWriter is no test but the child of the one below.
func TestKilledWriter(t *testing.T) {
	dir := os.Getenv("CAUSEWAY_TEST_KILLED_WRITER")
	if dir == "" {
		t.Skip("runs as a child only")
	}
	s := openStore(t, dir)
	for i := 0; ; i++ {
		id := fmt.Sprintf("m-%d", i)
		must(t, s.AddMeeting(context.Background(), Meeting{ID: id, Created: noon}))
		fmt.Println("acknowledged", id)
	}
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	child.Env = append(os.Environ(), "CAUSEWAY_TEST_KILLED_WRITER="+dir)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var acknowledged []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "acknowledged "); ok {
			acknowledged = append(acknowledged, id)
		}
		if len(acknowledged) == 50 {
			must(t, child.Process.Kill())
		}
	}
	child.Wait()
	if len(acknowledged) < 50 {
		t.Fatalf("only %d writes", len(acknowledged))
	}
	s := openStore(t, dir)
	for _, id := range acknowledged {
		if _, err := s.Meeting(context.Background(), id, noon); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
