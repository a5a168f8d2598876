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
func whichCloud(dir, url, pin string) (at cloudAddress, err error) {
	if url != "" {
		return cloudAddress{url, pin}, nil
	}
	if _, err := statefile.ReadJSON(cloudAddressPath(dir), &at); err != nil {
		return at, err
	}
	if at.URL == "" {
		return at, errors.New("this controller knows no cloud yet: name it with --cloud, and pair with it by a code of `causeway cloud pairing-code` and --pair")
	}
	return at, nil
}

// keep keeps the address for the next start, once it has proved good.
func (at cloudAddress) keep(dir string) error {
	return statefile.WriteJSON(cloudAddressPath(dir), at)
}

func cloudAddressPath(dir string) string { return filepath.Join(dir, "cloud.json") }
