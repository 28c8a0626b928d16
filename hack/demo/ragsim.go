package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// requestRate of the sample service, in requests per second.
const requestRate = 20

// port is one of ragsim's, with the name that Kubernetes gives it.
type port struct {
	name string
	// vocabulary that is spoken there.
	vocabulary string
	number     int32
}

// ragsimPorts are the same requests in two vocabularies: "rag" tells of caches and
// cost, and "api-pipeline" of the reranker.
func ragsimPorts() []port {
	return []port{{name: "metrics", vocabulary: "rag"}, {name: "steps", vocabulary: "api-pipeline"}}
}

// sampleTargets are what the row is to say: each port is a target, and all are up.
const sampleTargets = "2/2"

// startService starts ragsim, the sample RAG service that asks itself.
func (d *demo) startService(ctx context.Context) error {
	d.step("starting ragsim, a sample RAG service with %d requests per second", requestRate)
	var vocabularies []string
	for _, p := range ragsimPorts() {
		vocabularies = append(vocabularies, p.vocabulary)
	}
	addressFile := d.path("ragsim.address")
	log, err := d.running.start(ctx, "ragsim", d.binary("ragsim"),
		"--vocabulary="+strings.Join(vocabularies, ","), "--rate="+strconv.Itoa(requestRate), "--address-file="+addressFile)
	if err != nil {
		return err
	}
	err = await(ctx, "ragsim's addresses", 50*time.Millisecond, time.Minute, func(context.Context) error {
		content, err := os.ReadFile(addressFile)
		if err != nil {
			return err
		}
		d.ports, err = readPorts(string(content), ragsimPorts())
		return err
	})
	if err != nil {
		return failure{err: err, log: log}
	}
	// It is told of faults on any of its ports.
	d.ragsim = fmt.Sprintf("http://127.0.0.1:%d", d.ports[0].number)
	if err := awaitHTTP(ctx, "ragsim", d.ragsim+"/healthz"); err != nil {
		return failure{err: err, log: log}
	}
	return nil
}

// readPorts takes the numbers of ports from ragsim's address file, in which each
// line is a vocabulary and an address.
func readPorts(content string, named []port) ([]port, error) {
	out := slices.Clone(named)
	for i, p := range out {
		_, rest, found := strings.Cut("\n"+content, "\n"+p.vocabulary+" ")
		if !found {
			return nil, fmt.Errorf("ragsim says no address for %s: %q", p.vocabulary, content)
		}
		line, _, _ := strings.Cut(rest, "\n")
		number, err := portOf("http://" + line)
		if err != nil {
			return nil, err
		}
		out[i].number = number
	}
	return out, nil
}
