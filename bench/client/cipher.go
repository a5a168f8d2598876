package client

import (
	"fmt"

	oracle "github.com/pion/srtp/v3"

	"causeway/router/handshake"
	"causeway/router/srtp"
)

// cipher protects what the client sends and opens what it receives. The seal
// methods belong to the writer, the open methods to the reader.
type cipher interface {
	// sealRTP writes header and payload, protected, to dst. index is ROC<<16|SEQ.
	sealRTP(dst, header, payload []byte, index uint64) []byte
	sealRTCP(dst, packet []byte) []byte
	// openRTP verifies and decrypts in place; s belongs to the packet's SSRC.
	openRTP(s *srtp.Stream, packet []byte, header int) ([]byte, error)
	openRTCP(packet []byte) ([]byte, error)
}

// newCipher makes the cipher of a DTLS client.
func newCipher(k handshake.Keys, independent bool) (cipher, error) {
	if independent {
		return newIndependent(k)
	}
	sealer, err := srtp.NewSealer(srtp.Profile(k.Profile), k.ClientKey, k.ClientSalt)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	opener, err := srtp.NewOpener(srtp.Profile(k.Profile), k.ServerKey, k.ServerSalt)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return &own{sealer, opener}, nil
}

// own is router/srtp.
type own struct {
	sealer *srtp.Sealer
	opener *srtp.Opener
}

func (c *own) sealRTP(dst, header, payload []byte, index uint64) []byte {
	return dst[:c.sealer.SealRTP(dst[:cap(dst)], header, payload, index)]
}

func (c *own) sealRTCP(dst, packet []byte) []byte {
	return dst[:c.sealer.SealRTCP(dst[:cap(dst)], packet)]
}

func (c *own) openRTP(s *srtp.Stream, packet []byte, header int) ([]byte, error) {
	n, _, err := c.opener.OpenRTP(s, packet, header)
	return packet[:n], err
}

func (c *own) openRTCP(packet []byte) ([]byte, error) {
	n, err := c.opener.OpenRTCP(packet)
	return packet[:n], err
}

// independent is pion/srtp, which shares no line with what it checks.
type independent struct {
	encrypt, decrypt *oracle.Context
	plain            []byte // scratch of sealRTP
	opened           []byte // scratch of openRTP
}

func newIndependent(k handshake.Keys) (cipher, error) {
	profile := oracle.ProtectionProfile(k.Profile)
	encrypt, err := oracle.CreateContext(k.ClientKey, k.ClientSalt, profile)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	decrypt, err := oracle.CreateContext(k.ServerKey, k.ServerSalt, profile,
		oracle.SRTPReplayProtection(1024), oracle.SRTCPReplayProtection(64))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return &independent{encrypt: encrypt, decrypt: decrypt}, nil
}

// sealRTP lets pion count the roll-overs itself; index is not needed.
func (c *independent) sealRTP(dst, header, payload []byte, _ uint64) []byte {
	c.plain = append(append(c.plain[:0], header...), payload...)
	out, err := c.encrypt.EncryptRTP(dst[:0], c.plain, nil)
	if err != nil {
		return nil
	}
	return out
}

func (c *independent) sealRTCP(dst, packet []byte) []byte {
	out, err := c.encrypt.EncryptRTCP(dst[:0], packet, nil)
	if err != nil {
		return nil
	}
	return out
}

func (c *independent) openRTP(_ *srtp.Stream, packet []byte, _ int) ([]byte, error) {
	out, err := c.decrypt.DecryptRTP(c.opened[:0], packet, nil)
	if err != nil {
		return nil, err
	}
	c.opened = out
	return out, nil
}

func (c *independent) openRTCP(packet []byte) ([]byte, error) {
	return c.decrypt.DecryptRTCP(nil, packet, nil)
}
