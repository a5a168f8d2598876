package statefile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteLeavesOneWholeFileForTheOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Dir(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x.json")
	for _, v := range []string{"first", "second"} {
		if err := WriteJSON(path, v); err != nil {
			t.Fatal(err)
		}
		var got string
		if found, err := ReadJSON(path, &got); !found || err != nil || got != v {
			t.Fatalf("got %q %v %v, want %q", got, found, err, v)
		}
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 {
		t.Fatalf("left behind: %v %v", names, err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v %v", st.Mode(), err)
	}
}

func TestReadTellsAMissingFileFromADamagedOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	var v map[string]int
	if found, err := ReadJSON(path, &v); found || err != nil {
		t.Fatalf("missing: %v %v", found, err)
	}
	if err := os.WriteFile(path, []byte(`{"a":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadJSON(path, &v); err == nil {
		t.Fatal("half a file was read without an error")
	}
}

func TestWriteIntoAMissingDirectoryNamesTheFile(t *testing.T) {
	err := Write(filepath.Join(t.TempDir(), "none", "x"), nil)
	if err == nil {
		t.Fatal("no error")
	}
}
