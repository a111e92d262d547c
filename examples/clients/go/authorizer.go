// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	authz "writ.example/ask/authz"
)

// Options say how a sidecar is reached.
type Options struct {
	CAFile          string // speak TLS and believe these authorities
	CertificateFile string // mutual TLS: who we are
	KeyFile         string
	TokenFile       string        // a bearer token
	Deadline        time.Duration // that a call may take
	WhyNot          func(string)  // gets a line for the log when there was no decision
}

// Authorizer asks a sidecar what may be done. Whatever is not plainly an allow
// is a deny: an error, a deadline that passed, an answer that this program does
// not know. Safe for use by several goroutines.
type Authorizer struct {
	connection *grpc.ClientConn
	client     authz.AuthorizationClient
	token      string
	options    Options
}

// NewAuthorizer makes an Authorizer that asks target, `unix:/path` or
// `127.0.0.1:50051`. It does not connect yet.
func NewAuthorizer(target string, options Options) (*Authorizer, error) {
	transport, err := transportOf(target, options)
	if err != nil {
		return nil, err
	}
	a := &Authorizer{options: options}
	if options.TokenFile != "" {
		token, err := os.ReadFile(options.TokenFile)
		if err != nil {
			return nil, err
		}
		a.token = strings.TrimSpace(string(token))
	}
	// A sidecar stands beside its askers, never behind a proxy.
	a.connection, err = grpc.NewClient(target,
		grpc.WithTransportCredentials(transport), grpc.WithNoProxy())
	if err != nil {
		return nil, err
	}
	a.client = authz.NewAuthorizationClient(a.connection)
	return a, nil
}

func transportOf(target string, options Options) (credentials.TransportCredentials, error) {
	if options.CAFile == "" {
		if options.TokenFile != "" && !strings.HasPrefix(target, "unix:") {
			return nil, errors.New("a token goes over TLS or a Unix socket only")
		}
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(options.CAFile)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", options.CAFile)
	}
	if options.CertificateFile != "" {
		pair, err := tls.LoadX509KeyPair(options.CertificateFile, options.KeyFile)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}

// Close ends the connection.
func (a *Authorizer) Close() { a.connection.Close() }

// Allows says whether this may be done.
func (a *Authorizer) Allows(request *authz.CheckRequest) bool {
	ctx, cancel := a.call()
	defer cancel()
	answer, err := a.client.Check(ctx, request)
	if err != nil {
		a.note(err.Error())
		return false
	}
	return isAllow(answer)
}

// AllowsEach says the same for up to 1,000 requests in one call, decided at one
// revision; the result has one element for each.
func (a *Authorizer) AllowsEach(requests []*authz.CheckRequest) []bool {
	allowed := make([]bool, len(requests))
	ctx, cancel := a.call()
	defer cancel()
	answers, err := a.client.BatchCheck(ctx, &authz.BatchCheckRequest{Checks: requests})
	if err != nil {
		a.note(err.Error())
		return allowed
	}
	if len(answers.Results) != len(requests) {
		a.note("not one answer for each check")
		return allowed
	}
	for i, result := range answers.Results {
		if result.ErrorCode != 0 {
			a.note(fmt.Sprintf("status %d: %s", result.ErrorCode, result.ErrorMessage))
			continue
		}
		allowed[i] = isAllow(result.Answer)
	}
	return allowed
}

// isAllow is the one place that says yes.
func isAllow(answer *authz.CheckResponse) bool {
	return answer.GetVerdict() == authz.Verdict_VERDICT_ALLOW
}

func (a *Authorizer) call() (context.Context, context.CancelFunc) {
	ctx := context.Background()
	if a.token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+a.token)
	}
	return context.WithTimeout(ctx, a.options.Deadline)
}

func (a *Authorizer) note(why string) {
	if a.options.WhyNot != nil {
		a.options.WhyNot("no decision: " + why)
	}
}
