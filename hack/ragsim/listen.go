package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// listenOn opens all addresses or none.
func listenOn(ctx context.Context, addresses []string) ([]net.Listener, error) {
	var config net.ListenConfig
	var listeners []net.Listener
	for _, address := range addresses {
		listener, err := config.Listen(ctx, "tcp", address)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen on %s: %w", address, err), closeAll(listeners))
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, listener := range listeners {
		errs = append(errs, listener.Close())
	}
	return errors.Join(errs...)
}

// announce tells where each vocabulary is served. Readers of a single one need
// no name: the file has its address and nothing else.
func announce(o options, listeners []net.Listener, stdout io.Writer) error {
	var file, text strings.Builder
	for i, listener := range listeners {
		address := listener.Addr().String()
		if len(listeners) == 1 {
			fmt.Fprintf(&file, "%s\n", address)
			fmt.Fprintf(&text, "ragsim: listening on http://%s\n", address)
			continue
		}
		name := o.sim.Vocabularies[i]
		fmt.Fprintf(&file, "%s %s\n", name, address)
		fmt.Fprintf(&text, "ragsim: listening on http://%s for %s\n", address, name)
	}
	if o.addressFile != "" {
		if err := writeAtomically(o.addressFile, file.String()); err != nil {
			return fmt.Errorf("write address file: %w", err)
		}
	}
	if _, err := io.WriteString(stdout, text.String()); err != nil {
		return fmt.Errorf("print address: %w", err)
	}
	return nil
}

// writeAtomically lets a reader see all of the content or no file.
func writeAtomically(path, content string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.WriteString(content)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
