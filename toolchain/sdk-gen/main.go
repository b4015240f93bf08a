// Command sdk-gen binds the schema of a Pulumi package, as `pulumi package add` does, and writes the
// SDKs of the languages that are asked for: sdk-gen SCHEMA FOLDER LANGUAGE...
//
// The CLI itself leaves that to its language hosts, which come with the official one only.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file, folder string, languages []string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for _, language := range languages {
		files, err := generate(text, language)
		if err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
		for name, content := range files {
			target := filepath.Join(folder, language, name)
			if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(target, content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// generate binds anew for each language, as generators leave notes in the package that they get.
func generate(text []byte, language string) (map[string][]byte, error) {
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, err
	}
	// Binding holds the schema to Pulumi's metaschema and resolves every reference in it.
	bound, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if len(diagnostics) > 0 {
		return nil, diagnostics
	}
	switch language {
	case "go":
		return gogen.GeneratePackage("sdk-gen", bound, nil)
	case "nodejs":
		return nodejs.GeneratePackage("sdk-gen", bound, nil, nil, true, nil)
	case "python":
		return python.GeneratePackage("sdk-gen", bound, nil, nil)
	default:
		return nil, fmt.Errorf("no generator for this language")
	}
}
