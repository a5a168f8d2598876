package main

import (
	"errors"
	"path/filepath"

	"causeway/control/statefile"
)

// cloudAddress is where a controller's cloud is. It is kept, so that after the
// first start no flag has to say it again.
type cloudAddress struct {
	URL string `json:"url"`
	Pin string `json:"pin,omitempty"`
}

// whichCloud takes the cloud's address from the flags, or from the last start.
func whichCloud(dir, url, pin string) (cloudAddress, error) {
	path := filepath.Join(dir, "cloud.json")
	var at cloudAddress
	if _, err := statefile.ReadJSON(path, &at); err != nil {
		return at, err
	}
	if url == "" {
		if at.URL == "" {
			return at, errors.New("this controller knows no cloud yet: name it with --cloud, and pair with it by a code of `causeway cloud pairing-code` and --pair")
		}
		return at, nil
	}
	if given := (cloudAddress{url, pin}); given != at {
		return given, statefile.WriteJSON(path, given)
	}
	return at, nil
}
