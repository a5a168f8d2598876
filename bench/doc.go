// Package bench loads a system with synthetic participants and says what it
// did with them: what was lost and by whom, what a packet cost, how long it
// took, how much memory a participant needs.
//
// A scenario (meet.go) takes a Target, which says where the system is and how
// to watch it, and returns a Result. The participants are bench/client's; the
// system may be a child process of ours (child.go) or any that was started
// elsewhere. The package does not look into the server: all counts of packets
// are taken at the receivers, processor time and memory from the process.
//
//	crowd    the participants of one scenario
//	window   the time in which costs and delays are measured; losses are
//	         counted from the first join to the last packet
package bench
