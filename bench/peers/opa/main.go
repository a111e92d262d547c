// SPDX-License-Identifier: Apache-2.0

// Decides a workload (docs/performance.md) with OPA and prints one JSON object:
// writ-peer-opa FILE.tsv [SECONDS].
//
// `ns` is the time from the five texts of a request to the decision, `engineNs`
// that of an input which was made into OPA's form before the clock started. In
// OPA's favour the query is prepared before; principal and action are tests
// that its rule index knows, action wildcards being written out as sets of the
// actions that the workload asks for; rules are complete rules, so the first
// that holds ends the search and no statement is named.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

type question struct {
	fields  []string
	input   ast.Value
	allowed string
}

// What a caller hands to OPA.
func inputOf(fields []string) map[string]any {
	return map[string]any{
		"principal": fields[1], "action": fields[2], "resource": fields[3],
		"ip": fields[4], "secure": fields[5] == "true"}
}

// Processor time of this process, its garbage collection included, in
// nanoseconds.
func processorNs() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

// Nanoseconds of one call: least, median and most of five rounds. Rounds go on
// where the one before stopped.
func measure(questions []question, seconds float64, ask func(*question) bool) []float64 {
	var rounds []float64
	at := 0
	for round := 0; round < 5; round++ {
		decided := 0
		begin := processorNs()
		for processorNs()-begin < seconds*1e9/5 {
			for i := 0; i < 16; i++ {
				ask(&questions[at])
				at = (at + 1) % len(questions)
			}
			decided += 16
		}
		rounds = append(rounds, (processorNs()-begin)/float64(decided))
	}
	sort.Float64s(rounds)
	return []float64{rounds[0], rounds[2], rounds[4]}
}

func globs(patterns string) *regexp.Regexp {
	var parts []string
	for _, pattern := range strings.Split(patterns, ",") {
		parts = append(parts, strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*"))
	}
	return regexp.MustCompile("^(" + strings.Join(parts, "|") + ")$")
}

func rule(fields []string, actions []string) string {
	matches := globs(fields[4])
	var list []string
	for _, action := range actions {
		if matches.MatchString(action) {
			list = append(list, strconv.Quote(action))
		}
	}
	if len(list) == 0 {
		return ""
	}
	head := "allow"
	if fields[3] == "Deny" {
		head = "deny"
	}
	text := fmt.Sprintf("%s if {\n  input.principal == %q\n", head, fields[2])
	if len(list) == 1 {
		text += "  input.action == " + list[0] + "\n"
	} else {
		text += "  input.action in {" + strings.Join(list, ", ") + "}\n"
	}
	if fields[7] != "-" {
		text += "  input.secure == " + fields[7] + "\n"
	}
	if strings.Contains(fields[5], "*") {
		text += fmt.Sprintf("  glob.match(%q, null, input.resource)\n", fields[5])
	} else {
		text += fmt.Sprintf("  input.resource == %q\n", fields[5])
	}
	if fields[6] != "-" {
		text += fmt.Sprintf("  net.cidr_contains(%q, input.ip)\n", fields[6])
	}
	return text + "}\n"
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	seconds := 2.0
	if len(os.Args) > 2 {
		seconds, err = strconv.ParseFloat(os.Args[2], 64)
		check(err)
	}
	var statements [][]string
	var questions []question
	asked := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		fields := strings.Split(line, "\t")
		if fields[0] == "S" {
			statements = append(statements, fields)
			continue
		}
		asked[fields[2]] = true
		input, err := ast.InterfaceToValue(inputOf(fields))
		check(err)
		questions = append(questions, question{fields, input, fields[6]})
	}
	var actions []string
	for action := range asked {
		actions = append(actions, action)
	}
	sort.Strings(actions)

	begin := time.Now()
	var module strings.Builder
	module.WriteString("package workload\n\ndefault decision := false\n\n" +
		"decision if {\n  allow\n  not deny\n}\n")
	for _, fields := range statements {
		module.WriteString(rule(fields, actions))
	}
	background := context.Background()
	query, err := rego.New(rego.Query("data.workload.decision"),
		rego.Module("workload.rego", module.String())).PrepareForEval(background)
	check(err)
	build := time.Since(begin)

	state := uint64(7)
	for left := len(questions); left > 1; left-- {
		state = state*6364136223846793005 + 1442695040888963407
		other := int(state>>33) % left
		questions[left-1], questions[other] = questions[other], questions[left-1]
	}
	allows := func(q *question) bool {
		results, err := query.Eval(background, rego.EvalParsedInput(q.input))
		check(err)
		return results.Allowed()
	}
	checked, wrong := 0, 0
	for i := range questions {
		if q := &questions[i]; q.allowed != "-" {
			checked++
			if allows(q) != (q.allowed == "1") {
				wrong++
			}
		}
	}
	whole := measure(questions, seconds, func(q *question) bool {
		results, err := query.Eval(background, rego.EvalInput(inputOf(q.fields)))
		check(err)
		return results.Allowed()
	})
	built := measure(questions, seconds, allows)
	var all any
	if built[1]*float64(len(questions)) < 60e9 {
		count := 0
		for i := range questions {
			if allows(&questions[i]) {
				count++
			}
		}
		all = count
	}
	line, err := json.Marshal(map[string]any{
		"engine": "opa", "S": len(statements), "ns": whole[1], "min": whole[0],
		"max": whole[2], "engineNs": built[1], "requests": len(questions), "checked": checked,
		"mismatches": wrong, "allows": all,
		"buildMs": float64(build.Microseconds()) / 1e3})
	check(err)
	fmt.Println(string(line))
	if wrong > 0 {
		os.Exit(1)
	}
}
