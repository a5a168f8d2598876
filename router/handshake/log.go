package handshake

import "github.com/pion/logging"

// silent is pion's logger for all sessions: what is worth knowing comes out
// of Closed, and a log line per bad packet would be the sender's to command.
type silent struct{}

var _ logging.LoggerFactory = silent{}

func (silent) NewLogger(string) logging.LeveledLogger { return silent{} }

func (silent) Trace(string)          {}
func (silent) Tracef(string, ...any) {}
func (silent) Debug(string)          {}
func (silent) Debugf(string, ...any) {}
func (silent) Info(string)           {}
func (silent) Infof(string, ...any)  {}
func (silent) Warn(string)           {}
func (silent) Warnf(string, ...any)  {}
func (silent) Error(string)          {}
func (silent) Errorf(string, ...any) {}
