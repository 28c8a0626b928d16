// Command operator runs the RAGMonitor operator:
//
//	operator [flags]          runs it
//	operator check [flags]    finds out whether one that is installed works
//	operator cleanup [flags]  removes what one made that was uninstalled
package main

import (
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if isCommand, err := runCommand(args); isCommand {
		return err
	}
	flags, err := parseFlags(args)
	if err != nil {
		return err
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&flags.log)))
	remove, err := flags.scratch()
	if err != nil {
		return err
	}
	defer remove()
	mgr, err := newManager(flags)
	if err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	if err := addControllers(ctx, mgr, flags); err != nil {
		return err
	}
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}
