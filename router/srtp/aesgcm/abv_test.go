package aesgcm

var abVariants = []sealFn{sealVector, sealVectorB, sealVectorC, sealVectorD, sealVectorE}
