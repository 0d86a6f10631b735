package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// subject is the identity in a certificate of the test cluster.
type subject struct {
	Name         string   `json:"name"`
	CommonName   string   `json:"commonName"`
	Organization string   `json:"organization"`
	DNSNames     []string `json:"dnsNames"`
	Addresses    []net.IP `json:"addresses"`
}

const lifetime = 30 * 24 * time.Hour

// writePki reads a JSON list of subjects from standard input. Into the folder of its only argument it writes ca, sa
// (the key pair that signs tokens), and a certificate with its key for each subject.
func writePki() {
	var subjects []subject
	must(0, json.NewDecoder(os.Stdin).Decode(&subjects))
	folder := os.Args[1]

	authorityKey := newKey()
	authority := certificate(pkix.Name{CommonName: "builderpool-test"}, 1)
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	write(folder, "ca", sign(authority, authority, authorityKey, authorityKey), authorityKey)

	for index, subject := range subjects {
		name := pkix.Name{CommonName: subject.CommonName}
		if subject.Organization != "" {
			name.Organization = []string{subject.Organization}
		}
		key, leaf := newKey(), certificate(name, int64(index)+2)
		leaf.KeyUsage = x509.KeyUsageDigitalSignature
		leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		leaf.DNSNames, leaf.IPAddresses = subject.DNSNames, subject.Addresses
		write(folder, subject.Name, sign(leaf, authority, key, authorityKey), key)
	}

	tokens := newKey()
	writePem(folder, "sa.key", "EC PRIVATE KEY", must(x509.MarshalECPrivateKey(tokens)))
	writePem(folder, "sa.pub", "PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&tokens.PublicKey)))
}

func newKey() *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

// Certificates are valid an hour before now: clocks of virtual machines jump.
func certificate(name pkix.Name, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject: name, SerialNumber: big.NewInt(serial), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
	}
}

func sign(subject, by *x509.Certificate, key, byKey *ecdsa.PrivateKey) []byte {
	return must(x509.CreateCertificate(rand.Reader, subject, by, &key.PublicKey, byKey))
}

func write(folder, name string, certificate []byte, key *ecdsa.PrivateKey) {
	writePem(folder, name+".crt", "CERTIFICATE", certificate)
	writePem(folder, name+".key", "EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))
}

func writePem(folder, name, kind string, bytes []byte) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
	must(0, os.WriteFile(filepath.Join(folder, name), text, 0o600))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
