export { CERT_MANAGER_VERSION, CertManager, type CertManagerArgs } from "./cert-manager.ts";
export {
  AcmeIssuer,
  type AcmeIssuerArgs,
  AcmeServer,
  type CertIssuer,
  PrivateCaIssuer,
  type PrivateCaIssuerArgs,
  TlsCertificate,
  type TlsCertificateArgs,
  type TokenSecretArgs,
} from "./issuers.ts";
