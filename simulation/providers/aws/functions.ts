import { hex } from "../../cloud/identifiers.ts";
import { textOf } from "../../cloud/paths.ts";
import type { CloudFunction } from "../../cloud/provider.ts";
import { regionOf } from "./names.ts";

const getRegion: CloudFunction = (_args, _world, config) => {
  const region = regionOf(config);
  return {
    id: region,
    region,
    name: region,
    description: region,
    endpoint: `ec2.${region}.amazonaws.com`,
  };
};

/** Only AWS's and Canonical's public parameters, which hold the identifiers of images. */
const getParameter: CloudFunction = ({ name }, _world, config) => {
  const path = textOf(name) ?? "";
  if (!path.startsWith("/aws/service/") || !path.endsWith("/ami-id")) {
    throw new Error(`reading SSM Parameter (${path}): couldn't find resource`);
  }
  const value = `ami-${hex(17, path, regionOf(config))}`;
  return {
    id: path,
    name: path,
    type: "String",
    value,
    insecureValue: value,
    version: 1,
    arn: `arn:aws:ssm:${regionOf(config)}::parameter${path}`,
  };
};

export const functions = {
  "aws:index/getRegion:getRegion": getRegion,
  "aws:ssm/getParameter:getParameter": getParameter,
} as const;
