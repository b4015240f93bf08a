package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
)

// runCheck asks the webhook until it answers: the hook that ends an installation.
func runCheck(ctx context.Context, config *rest.Config, args []string) error {
	flags := pflag.NewFlagSet("startupapicheck", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	longest := flags.Duration("wait", time.Minute, "longest time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	checker, err := cmapichecker.New(config, os.Getenv("POD_NAMESPACE"))
	if err != nil {
		return err
	}
	var last error
	err = wait.PollUntilContextTimeout(ctx, time.Second, *longest, true, func(ctx context.Context) (bool, error) {
		last = checker.Check(ctx)
		if last != nil {
			ctrl.Log.Info("not yet", "why", last.Error())
		}
		return last == nil, nil
	})
	if err != nil && last != nil {
		return last
	}
	return err
}
