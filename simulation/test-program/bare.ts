import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";

/** The least that a program can be: what it takes is the price of any program. */
new ConfigMap("bare", { data: {} });
