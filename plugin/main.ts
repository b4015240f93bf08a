import { provider } from "@pulumi/pulumi";
import { tellProtect } from "./options.ts";
import { componentProvider } from "./provider.ts";

// Not awaited: the SDK loads plugins with `require`, which takes no module that waits.
tellProtect();
void provider.main(componentProvider(), process.argv.slice(2));
