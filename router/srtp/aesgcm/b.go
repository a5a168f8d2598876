package aesgcm

//go:noescape
func sealVectorB(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)

//go:noescape
func sealVectorC(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)

//go:noescape
func sealVectorD(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)

//go:noescape
func sealVectorE(t *tables, dst, src *byte, n int, aad *byte, a int, head, tail uint64)
