// Command cert-manager is what cert-manager's four images run, in one: their own main packages are
// in no published module, all that these call is. Its first argument says which one it is; the
// others are those that the chart gives.
//
// Left out: ACME, Vault and Venafi, which bring the clients of many clouds and have nobody to ask
// in a cluster of its own; and elections of a leader, as there is one pod of each.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

var programs = map[string]func(context.Context, *rest.Config, []string) error{
	"controller":      runController,
	"webhook":         runWebhook,
	"cainjector":      runInjector,
	"startupapicheck": runCheck,
}

func main() {
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		log.Fatalf("usage: %s controller|webhook|cainjector|startupapicheck [argument …]", os.Args[0])
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctrl.SetLogger(zap.New())
	ctx = ctrl.LoggerInto(ctx, ctrl.Log)
	config, err := rest.InClusterConfig()
	if err == nil {
		err = programs[os.Args[1]](ctx, config, os.Args[2:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
