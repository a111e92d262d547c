// SPDX-License-Identifier: Apache-2.0

// Ask asks a sidecar whether PRINCIPAL may do ACTION on each RESOURCE and
// prints a line for each. It exits 0 when all are allowed, 1 when one is not, 2
// when it was called wrongly (docs/clients.md).
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	authz "writ.example/ask/authz"
)

// contextFlag collects KEY=VALUE; the same key again adds a value.
type contextFlag []*authz.ContextEntry

func (c *contextFlag) String() string { return "" }

func (c *contextFlag) Set(text string) error {
	key, value, found := strings.Cut(text, "=")
	if !found {
		return fmt.Errorf("it takes KEY=VALUE")
	}
	for _, entry := range *c {
		if entry.Key == key {
			entry.Values = append(entry.Values, value)
			return nil
		}
	}
	*c = append(*c, &authz.ContextEntry{Key: key, Values: []string{value}})
	return nil
}

func main() {
	os.Exit(run())
}

func run() int {
	var options Options
	var entries contextFlag
	flag.StringVar(&options.CAFile, "ca", "", "PEM `file`: speak TLS, believe these authorities")
	flag.StringVar(&options.CertificateFile, "cert", "", "PEM `file`: mutual TLS")
	flag.StringVar(&options.KeyFile, "key", "", "PEM `file` of its key")
	flag.StringVar(&options.TokenFile, "token-file", "", "`file` with a bearer token")
	flag.DurationVar(&options.Deadline, "deadline", time.Second, "that a call may take")
	flag.Var(&entries, "context", "`KEY=VALUE`")
	flag.Parse()
	if flag.NArg() < 4 {
		fmt.Fprintln(os.Stderr, "usage: ask [flags] SERVER PRINCIPAL ACTION RESOURCE...")
		return 2
	}
	options.WhyNot = func(line string) { fmt.Fprintln(os.Stderr, line) }
	authorizer, err := NewAuthorizer(flag.Arg(0), options)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer authorizer.Close()

	resources := flag.Args()[3:]
	var requests []*authz.CheckRequest
	for _, resource := range resources {
		requests = append(requests, &authz.CheckRequest{
			Principal: &authz.Principal{Name: flag.Arg(1)},
			Action:    flag.Arg(2),
			Resources: []string{resource},
			Context:   entries,
		})
	}
	var allowed []bool
	if len(requests) == 1 {
		allowed = []bool{authorizer.Allows(requests[0])}
	} else {
		allowed = authorizer.AllowsEach(requests)
	}
	exit := 0
	for i, resource := range resources {
		if allowed[i] {
			fmt.Println("ALLOW", resource)
		} else {
			fmt.Println("DENY", resource)
			exit = 1
		}
	}
	return exit
}
