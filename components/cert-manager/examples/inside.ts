import { CertManager, PrivateCaIssuer, TlsCertificate } from "pulumi-udp/cert-manager";

const certs = new CertManager("certs");
const ca = new PrivateCaIssuer("ca", { namespace: certs.namespace });
const inside = new TlsCertificate("inside", { issuer: ca.issuer, hosts: ["game.example.com"] });
export const secretName = inside.secretName;
