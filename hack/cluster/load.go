//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/images"
	"github.com/ragmonitor/ragmonitor-operator/hack/cluster/node"
)

// writeImages needs neither root nor a cluster.
func writeImages(_ context.Context, o options, out io.Writer) error {
	say := newConsole(out)
	if err := makeImages(o, say); err != nil {
		return err
	}
	say.step("the images are in %s", o.images())
	return nil
}

// load loads the given files, also when they have not changed.
func load(ctx context.Context, o options, out io.Writer) error {
	if err := requireRoot(); err != nil {
		return err
	}
	if len(o.args) == 0 {
		return errors.New("name the files to load, such as bin/images/operator.tar")
	}
	say, client := newConsole(out), node.NewClient(o.place)
	for _, path := range o.args {
		ref, id, err := images.ID(path)
		if err != nil {
			return err
		}
		if err := client.Load(ctx, path, ref, id); err != nil {
			return err
		}
		say.step("loaded %s", ref)
	}
	return nil
}

// loadImages loads every image of ours that the node does not have yet, or has
// another one of, as soon as containerd works.
func (b *bringing) loadImages(ctx context.Context) error {
	files, err := images.Files(b.images())
	if err != nil {
		return err
	}
	err = await(ctx, "containerd", func(ctx context.Context) (bool, error) {
		report, err := b.client.Status(ctx)
		return err == nil && running(report, "containerd"), err
	})
	if err != nil {
		return err
	}
	loaded, err := b.client.Images(ctx)
	if err != nil {
		return err
	}
	count := 0
	for _, path := range files {
		ref, id, err := images.ID(path)
		if err != nil {
			return err
		}
		if loaded[ref] == id {
			continue
		}
		if err := b.client.Load(ctx, path, ref, id); err != nil {
			return fmt.Errorf("load %s: %w", path, err)
		}
		count++
	}
	b.step("loaded %d images, %d were there", count, len(files)-count)
	return nil
}

func running(report node.Report, name string) bool {
	for _, component := range report.Components {
		if component.Name == name {
			return component.State == node.Running
		}
	}
	return false
}
