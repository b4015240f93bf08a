export { checkSelector, type PorterSelectorArgs, porterSelector } from "./selector.ts";
export { commonLabels, labelValue, type ServicePort, servicePorts } from "./service.ts";
