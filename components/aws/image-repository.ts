import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";
import { invalid, together } from "../endpoint/invalid.ts";
import { whole } from "../endpoint/values.ts";
import { tagged } from "./names.ts";

/** A private image repository. */
export interface AwsImageRepositoryArgs {
  /** Name of the repository, such as `ztna/app-connector`: 2 to 256 of `a-z 0-9 . _ - /`. */
  readonly repositoryName: string;
  /** Images that are kept, the newest ones; 1 to 1000. Left out: 20. */
  readonly keepImages?: number;
  /** Delete the images together with the repository. Left out: false, AWS refuses to delete it. */
  readonly forceDelete?: boolean;
  /** AWS tags of the repository. */
  readonly tags?: Readonly<Record<string, string>>;
}

const NAME =
  /^(?=.{2,256}$)[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

/**
 * A repository for the images of tasks. Tags cannot be moved to other images, each image is
 * scanned when it is pushed, and old ones are removed.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/Repositories.html
 */
export class AwsImageRepository extends ComponentResource {
  /** Where images are pushed to: `<account>.dkr.ecr.<region>.amazonaws.com/<name>`. */
  readonly repositoryUrl: Output<string>;
  /** Identifier of the repository, for `repositoryArn` of an `AwsFargateRelay`. */
  readonly repositoryArn: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-repository` and
   * `<name>-lifecycle`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsImageRepositoryArgs, opts?: ComponentResourceOptions) {
    const { repositoryName, keepImages = 20 } = args;
    together(
      () => checkName(repositoryName),
      () => whole("keepImages", keepImages, { min: 1, max: 1000 }),
    );
    super("pulumi-udp:aws:AwsImageRepository", name, {}, opts);
    const repository = new Repository(
      `${name}-repository`,
      {
        name: repositoryName,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "AES256" }],
        forceDelete: args.forceDelete ?? false,
        tags: tagged(name, args.tags),
      },
      { parent: this },
    );
    new LifecyclePolicy(
      `${name}-lifecycle`,
      {
        repository: repository.name,
        policy: JSON.stringify({
          rules: [
            {
              rulePriority: 1,
              description: `The newest ${keepImages} images`,
              selection: {
                tagStatus: "any",
                countType: "imageCountMoreThan",
                countNumber: keepImages,
              },
              action: { type: "expire" },
            },
          ],
        }),
      },
      { parent: this },
    );
    this.repositoryUrl = repository.repositoryUrl;
    this.repositoryArn = repository.arn;
    this.registerOutputs({ repositoryUrl: this.repositoryUrl, repositoryArn: this.repositoryArn });
  }
}

function checkName(name: string): void {
  if (!NAME.test(name)) {
    invalid(
      "repositoryName",
      `"${name}" is not a repository's name: lower case, such as ztna/app-connector`,
    );
  }
}
