import { PolicyPack } from "@pulumi/policy";
import { toPolicy } from "./pack.ts";
import { rules } from "./rules.ts";

// JavaScript, because the engine compiles a pack whose entry is TypeScript with settings of its own;
// from here on Node itself runs the TypeScript (type stripping).
new PolicyPack("udp", { policies: rules.map(toPolicy) });
