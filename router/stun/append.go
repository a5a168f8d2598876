package stun

import (
	"encoding/binary"
	"net/netip"
)

// BindingRequest is what a connectivity or consent check carries (RFC 8445
// §7.2.2, RFC 7675).
type BindingRequest struct {
	TransactionID [12]byte
	Username      []byte // "receiver's ufrag:sender's ufrag"; at most 508 bytes, left out if empty
	Priority      uint32 // left out if 0
	UseCandidate  bool
	Controlling   bool // ICE-CONTROLLING if true, ICE-CONTROLLED otherwise
	TieBreaker    uint64
}

// AppendBindingRequest appends a Binding request with MESSAGE-INTEGRITY under
// k, the key of the receiver's password, and FINGERPRINT. Without k the
// integrity is left out. It allocates only where dst lacks capacity; 128 bytes
// plus the username are always enough.
func AppendBindingRequest(dst []byte, r *BindingRequest, k *Key) []byte {
	start := len(dst)
	dst = appendHeader(dst, Request, r.TransactionID)
	if n := min(len(r.Username), maxUsername); n > 0 {
		dst = appendHead(dst, attrUsername, n)
		dst = append(dst, r.Username[:n]...)
		dst = appendPadding(dst, n)
	}
	if r.Priority != 0 {
		dst = appendHead(dst, attrPriority, 4)
		dst = binary.BigEndian.AppendUint32(dst, r.Priority)
	}
	if r.UseCandidate {
		dst = appendHead(dst, attrUseCandidate, 0)
	}
	role := uint16(attrControlled)
	if r.Controlling {
		role = attrControlling
	}
	dst = appendHead(dst, role, 8)
	dst = binary.BigEndian.AppendUint64(dst, r.TieBreaker)
	return seal(dst, start, k)
}

// AppendBindingSuccess appends the answer to a Binding request: the address
// from which it came, MESSAGE-INTEGRITY under k (left out if nil) and
// FINGERPRINT. An IPv4-mapped address is written as IPv4. At most 76 bytes.
func AppendBindingSuccess(dst []byte, txid [12]byte, mapped netip.AddrPort, k *Key) []byte {
	start := len(dst)
	dst = appendHeader(dst, Success, txid)
	addr, port := mapped.Addr().Unmap(), mapped.Port()^magicCookie>>16
	if addr.Is4() {
		a := addr.As4()
		x := xored(a[:], txid)
		dst = appendHead(dst, attrXORMapped, 8)
		dst = append(dst, 0, 1, byte(port>>8), byte(port))
		dst = append(dst, x[:4]...)
	} else if addr.Is6() {
		a := addr.As16()
		x := xored(a[:], txid)
		dst = appendHead(dst, attrXORMapped, 20)
		dst = append(dst, 0, 2, byte(port>>8), byte(port))
		dst = append(dst, x[:]...)
	}
	return seal(dst, start, k)
}

// AppendBindingError appends an error answer with a code of 300 to 699 and a
// reason phrase of at most 127 bytes (cut there), MESSAGE-INTEGRITY under k
// (left out if nil) and FINGERPRINT.
func AppendBindingError(dst []byte, txid [12]byte, code int, reason string, k *Key) []byte {
	start := len(dst)
	dst = appendHeader(dst, Error, txid)
	dst = appendErrorCode(dst, code, reason)
	return seal(dst, start, k)
}

// AppendUnknownAttribute appends the 420 answer that names the attribute of a
// request which we do not understand (RFC 8489 §6.3.1.1, §14.9).
func AppendUnknownAttribute(dst []byte, txid [12]byte, attribute uint16, k *Key) []byte {
	start := len(dst)
	dst = appendHeader(dst, Error, txid)
	dst = appendErrorCode(dst, 420, "Unknown Attribute")
	dst = appendHead(dst, attrUnknown, 2)
	dst = binary.BigEndian.AppendUint16(dst, attribute)
	dst = appendPadding(dst, 2)
	return seal(dst, start, k)
}

func appendErrorCode(dst []byte, code int, reason string) []byte {
	n := min(len(reason), 127)
	dst = appendHead(dst, attrErrorCode, 4+n)
	dst = append(dst, 0, 0, byte(code/100&7), byte(code%100))
	dst = append(dst, reason[:n]...)
	return appendPadding(dst, n)
}

// appendHeader begins a Binding message whose length seal will fill in.
func appendHeader(dst []byte, c Class, txid [12]byte) []byte {
	kind := uint16(Binding) | uint16(c&1)<<4 | uint16(c&2)<<7
	dst = append(dst, byte(kind>>8), byte(kind), 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, magicCookie)
	return append(dst, txid[:]...)
}

func appendHead(dst []byte, kind uint16, size int) []byte {
	return append(dst, byte(kind>>8), byte(kind), byte(size>>8), byte(size))
}

// appendPadding pads a value of size bytes to four with zeros.
func appendPadding(dst []byte, size int) []byte {
	return append(dst, "\x00\x00\x00"[:-size&3]...)
}

// seal ends the message that began at start: MESSAGE-INTEGRITY, then
// FINGERPRINT (RFC 8489 §14.7: the last one), and the final length.
func seal(dst []byte, start int, k *Key) []byte {
	if k != nil {
		sum := k.of(dst[start:], len(dst)-start)
		dst = appendHead(dst, attrIntegrity, macSize)
		dst = append(dst, sum...)
	}
	size := len(dst) - start + 8 - HeaderSize
	binary.BigEndian.PutUint16(dst[start+2:], uint16(size))
	sum := fingerprint(dst[start:])
	dst = appendHead(dst, attrFingerprint, 4)
	return binary.BigEndian.AppendUint32(dst, sum)
}
