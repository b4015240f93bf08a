/** Variables that point a deployment at a person's own backend, stack or accounts. */
const PERSONAL = /^(PULUMI_|KUBECONFIG$|AWS_|ARM_|AZURE_|CLOUDFLARE_|DIGITALOCEAN_|NODE_OPTIONS$)/;

/**
 * The environment without what would tie a deployment of ours to the person who runs it: with
 * `PULUMI_BACKEND_URL` or a passphrase file of their own, a local stack would look for its state
 * and its key elsewhere.
 */
export function withoutPersonal(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !PERSONAL.test(name)));
}
