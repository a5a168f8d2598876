package handshake

import (
	_ "github.com/pion/dtls/v3"
	_ "github.com/pion/sctp"
)
