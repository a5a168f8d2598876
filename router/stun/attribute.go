package stun

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// Attribute types (RFC 8489 §18.3, RFC 8445 §16.1).
const (
	attrUsername        = 0x0006
	attrIntegrity       = 0x0008
	attrErrorCode       = 0x0009
	attrUnknown         = 0x000A
	attrIntegritySHA256 = 0x001C
	attrXORMapped       = 0x0020
	attrPriority        = 0x0024
	attrUseCandidate    = 0x0025
	attrFingerprint     = 0x8028
	attrControlled      = 0x8029
	attrControlling     = 0x802A

	optional    = 0x8000 // types from here on may be ignored (RFC 8489 §14)
	maxUsername = 508    // RFC 8489 §14.3: fewer than 509 bytes
	macSize     = 20
)

// attribute takes the attribute at offset off of the message b into m.
func (m *Message) attribute(b []byte, off int, kind uint16, v []byte) error {
	if m.HasIntegrity {
		// RFC 8489 §14.5: with the exception of FINGERPRINT (and of the
		// SHA-256 form, which we do not use), agents MUST ignore all
		// attributes that follow MESSAGE-INTEGRITY.
		if kind != attrFingerprint {
			return nil
		}
	}
	switch kind {
	case attrUsername:
		if len(v) > maxUsername {
			return ErrAttribute
		}
		if m.Username == nil {
			m.Username = v
		}
	case attrIntegrity:
		if len(v) != macSize {
			return ErrAttribute
		}
		m.HasIntegrity, m.integrity = true, off
	case attrErrorCode:
		return m.errorCode(v)
	case attrXORMapped:
		return m.xorMapped(v)
	case attrPriority:
		if len(v) != 4 {
			return ErrAttribute
		}
		if m.Priority == 0 {
			m.Priority = binary.BigEndian.Uint32(v)
		}
	case attrUseCandidate:
		// RFC 8445 §16.1: the attribute has no content.
		if len(v) != 0 {
			return ErrAttribute
		}
		m.UseCandidate = true
	case attrControlled, attrControlling:
		return m.role(kind == attrControlling, v)
	case attrFingerprint:
		if len(v) != 4 {
			return ErrAttribute
		}
		if binary.BigEndian.Uint32(v) != fingerprint(b[:off]) {
			return ErrFingerprint
		}
		m.HasFingerprint = true
	case attrUnknown, attrIntegritySHA256:
		// Known, and of no use to a short-term credential with SHA-1.
	default:
		if kind < optional && m.Unknown == 0 {
			m.Unknown = kind
		}
	}
	return nil
}

// role takes ICE-CONTROLLING or ICE-CONTROLLED (RFC 8445 §16.1). A message
// that carries both keeps the tie-breaker of the first.
func (m *Message) role(controlling bool, v []byte) error {
	if len(v) != 8 {
		return ErrAttribute
	}
	if !m.Controlling && !m.Controlled {
		m.TieBreaker = binary.BigEndian.Uint64(v)
	}
	if controlling {
		m.Controlling = true
	} else {
		m.Controlled = true
	}
	return nil
}

// errorCode takes ERROR-CODE (RFC 8489 §14.8): a class of 3 to 6 and a number
// of 0 to 99. The reason phrase is for humans and is left where it is.
func (m *Message) errorCode(v []byte) error {
	if len(v) < 4 {
		return ErrAttribute
	}
	class, number := int(v[2]&7), int(v[3])
	if class < 3 || class > 6 || number > 99 {
		return ErrAttribute
	}
	if m.ErrorCode == 0 {
		m.ErrorCode = class*100 + number
	}
	return nil
}

// xorMapped takes XOR-MAPPED-ADDRESS (RFC 8489 §14.2): the port is xored with
// the top of the magic cookie, the address with cookie and transaction id.
func (m *Message) xorMapped(v []byte) error {
	if len(v) != 8 && len(v) != 20 {
		return ErrAttribute
	}
	port := binary.BigEndian.Uint16(v[2:]) ^ magicCookie>>16
	var addr netip.Addr
	switch {
	case v[1] == 1 && len(v) == 8:
		x := xored(v[4:], m.TransactionID)
		addr = netip.AddrFrom4([4]byte(x[:4]))
	case v[1] == 2 && len(v) == 20:
		addr = netip.AddrFrom16(xored(v[4:], m.TransactionID))
	default:
		return ErrAttribute
	}
	if !m.XORMapped.IsValid() {
		m.XORMapped = netip.AddrPortFrom(addr, port)
	}
	return nil
}

// xored is up to 16 bytes of address xored with cookie and transaction id.
func xored(addr []byte, txid [12]byte) (out [16]byte) {
	binary.BigEndian.PutUint32(out[:], magicCookie)
	copy(out[4:], txid[:])
	for i := range addr {
		out[i] ^= addr[i]
	}
	return out
}

// SplitUsername splits the USERNAME of a request into the fragment of the
// agent that receives it (local) and that of the agent that sent it (remote):
// RFC 8445 §7.2.2, "LFRAG:RFRAG" as the receiver sees it. ok is false unless
// there are exactly two fragments of 1 to 256 bytes.
func SplitUsername(u []byte) (local, remote []byte, ok bool) {
	i := bytes.IndexByte(u, ':')
	if i < 1 || i > 256 {
		return nil, nil, false
	}
	local, remote = u[:i], u[i+1:]
	if len(remote) < 1 || len(remote) > 256 || bytes.IndexByte(remote, ':') >= 0 {
		return nil, nil, false
	}
	return local, remote, true
}
