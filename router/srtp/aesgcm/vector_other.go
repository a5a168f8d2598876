//go:build !amd64 || purego

package aesgcm

const hasVector = false

const absent = "aesgcm: no vectors here"

func (*tables) seal(_, _, _ []byte, _ Nonce) { panic(absent) }

func (*tables) open(_ *[TagSize]byte, _, _, _ []byte, _ Nonce) { panic(absent) }

func expand(*tables, *[KeySize]byte) { panic(absent) }
