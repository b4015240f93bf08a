import { PolicyPack } from "@pulumi/policy";
import { toPolicy } from "./pack.ts";
import { rules } from "./rules.ts";

new PolicyPack("udp", { policies: rules.map(toPolicy) });
