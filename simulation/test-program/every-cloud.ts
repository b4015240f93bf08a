/** The programs of all clouds as one stack, so that what does not depend on each other runs together. */
import "./aks.ts";
import "./aws.ts";
import "./digitalocean.ts";
import "./doks.ts";
