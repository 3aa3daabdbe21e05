package docs_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/aafailover/aafailover/cmd"
)

// The objects of Kubernetes, with what the manifests use of them and nothing else: a key that is misspelt, or in the wrong place, is
// refused. See https://kubernetes.io/docs/reference/kubernetes-api/.
type (
	object struct {
		APIVersion string            `yaml:"apiVersion"`
		Kind       string            `yaml:"kind"`
		Metadata   metadata          `yaml:"metadata"`
		Data       map[string]string `yaml:"data"`
		Spec       *spec             `yaml:"spec"`
	}
	metadata struct {
		Name         string            `yaml:"name"`
		GenerateName string            `yaml:"generateName"`
		Labels       map[string]string `yaml:"labels"`
		Annotations  map[string]string `yaml:"annotations"`
	}
	spec struct { // of a Deployment, a CronJob or a Job
		Replicas *int                   `yaml:"replicas"`
		Strategy *struct{ Type string } `yaml:"strategy"`
		Selector *struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		} `yaml:"selector"`
		Template *template `yaml:"template"`

		Schedule                   string               `yaml:"schedule"`
		ConcurrencyPolicy          string               `yaml:"concurrencyPolicy"`
		StartingDeadlineSeconds    int                  `yaml:"startingDeadlineSeconds"`
		SuccessfulJobsHistoryLimit int                  `yaml:"successfulJobsHistoryLimit"`
		FailedJobsHistoryLimit     int                  `yaml:"failedJobsHistoryLimit"`
		JobTemplate                *struct{ Spec spec } `yaml:"jobTemplate"`

		BackoffLimit            *int `yaml:"backoffLimit"`
		ActiveDeadlineSeconds   int  `yaml:"activeDeadlineSeconds"`
		TTLSecondsAfterFinished int  `yaml:"ttlSecondsAfterFinished"`
	}
	template struct {
		Metadata metadata `yaml:"metadata"`
		Spec     pod      `yaml:"spec"`
	}
	pod struct {
		AutomountServiceAccountToken *bool  `yaml:"automountServiceAccountToken"`
		RestartPolicy                string `yaml:"restartPolicy"`
		SecurityContext              struct {
			RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
			RunAsUser      int                   `yaml:"runAsUser"`
			RunAsGroup     int                   `yaml:"runAsGroup"`
			FSGroup        int                   `yaml:"fsGroup"`
			SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Containers []container `yaml:"containers"`
		Volumes    []struct {
			Name      string                 `yaml:"name"`
			ConfigMap *struct{ Name string } `yaml:"configMap"`
			Secret    *struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
			} `yaml:"secret"`
			EmptyDir *struct{} `yaml:"emptyDir"`
		} `yaml:"volumes"`
	}
	container struct {
		Name  string                         `yaml:"name"`
		Image string                         `yaml:"image"`
		Args  []string                       `yaml:"args"`
		Env   []struct{ Name, Value string } `yaml:"env"`
		Ports []struct {
			Name          string `yaml:"name"`
			ContainerPort int    `yaml:"containerPort"`
		} `yaml:"ports"`
		LivenessProbe  *health `yaml:"livenessProbe"`
		ReadinessProbe *health `yaml:"readinessProbe"`
		Resources      struct {
			Requests, Limits map[string]string
		} `yaml:"resources"`
		SecurityContext struct {
			AllowPrivilegeEscalation *bool                   `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool                    `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct{ Drop []string } `yaml:"capabilities"`
		} `yaml:"securityContext"`
		VolumeMounts []struct {
			Name      string `yaml:"name"`
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
	health struct {
		HTTPGet       struct{ Path, Port string } `yaml:"httpGet"`
		PeriodSeconds int                         `yaml:"periodSeconds"`
	}
)

// manifest reads the objects of a file.
func manifest(t *testing.T, name string) []object {
	t.Helper()
	file, err := os.Open(filepath.Join("deploy", "kubernetes", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []object
	for d := yaml.NewDecoder(file, yaml.Strict()); ; {
		var o object
		switch err := d.Decode(&o); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, o)
	}
}

// pod is that of the last object of a file, whatever makes it.
func (o object) pod() pod {
	if o.Kind == "CronJob" {
		return o.Spec.JobTemplate.Spec.Template.Spec
	}
	return o.Spec.Template.Spec
}

func TestTheManifestsAreOfKubernetes(t *testing.T) {
	t.Parallel()
	configured := manifest(t, "probe.yaml")[0]
	for _, row := range []struct{ file, version, kind, restart string }{
		{"probe.yaml", "apps/v1", "Deployment", ""},
		{"smoke.yaml", "batch/v1", "CronJob", "Never"},
		{"drill.yaml", "batch/v1", "Job", "Never"},
	} {
		objects := manifest(t, row.file)
		o := objects[len(objects)-1]
		p := o.pod()
		if o.APIVersion != row.version || o.Kind != row.kind || p.RestartPolicy != row.restart || len(p.Containers) != 1 || (o.Metadata.Name == "") == (o.Metadata.GenerateName == "") {
			t.Fatalf("%s: %+v", row.file, o)
		}
		c := p.Containers[0]
		if !p.SecurityContext.RunAsNonRoot || p.SecurityContext.RunAsUser == 0 || p.SecurityContext.SeccompProfile.Type != "RuntimeDefault" || p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken ||
			!c.SecurityContext.ReadOnlyRootFilesystem || c.SecurityContext.AllowPrivilegeEscalation == nil || *c.SecurityContext.AllowPrivilegeEscalation ||
			len(c.SecurityContext.Capabilities.Drop) != 1 || c.SecurityContext.Capabilities.Drop[0] != "ALL" {
			t.Errorf("%s may do more than it needs", row.file)
		}
		volumes := map[string]bool{}
		for _, v := range p.Volumes {
			kinds := 0
			for _, is := range []bool{v.ConfigMap != nil && v.ConfigMap.Name == configured.Metadata.Name, v.Secret != nil && v.Secret.SecretName != "", v.EmptyDir != nil} {
				if is {
					kinds++
				}
			}
			if kinds != 1 {
				t.Errorf("%s: the volume %s is %d things", row.file, v.Name, kinds)
			}
			volumes[v.Name] = true
		}
		writable := ""
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("%s: there is no volume %s", row.file, m.Name)
			}
			if !m.ReadOnly {
				writable += m.MountPath
			}
		}
		if len(c.Env) != 1 || c.Env[0].Name != "XDG_STATE_HOME" || c.Env[0].Value != writable {
			t.Errorf("%s: what is remembered is to lie in %q: %+v", row.file, writable, c.Env)
		}
	}
	d := manifest(t, "probe.yaml")[1]
	c := d.pod().Containers[0]
	if c.LivenessProbe.HTTPGet != (struct{ Path, Port string }{"/healthz", "metrics"}) || c.ReadinessProbe.HTTPGet != (struct{ Path, Port string }{"/readyz", "metrics"}) ||
		len(c.Ports) != 1 || c.Ports[0].Name != "metrics" || !strings.Contains(strings.Join(c.Args, " "), "--listen :9121") || c.Ports[0].ContainerPort != 9121 {
		t.Errorf("%+v", c)
	}
	if d.Spec.Selector.MatchLabels["app"] == "" || d.Spec.Selector.MatchLabels["app"] != d.Spec.Template.Metadata.Labels["app"] {
		t.Errorf("the deployment does not select its own pods: %+v", d.Spec)
	}
}

// The command line and the configuration of each manifest are taken by the program. Their regions are not there, and so the worst that
// it may say is that it could not observe them.
func TestTheProgramTakesWhatTheManifestsGiveIt(t *testing.T) {
	folder := t.TempDir()
	for _, variable := range []string{"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"} {
		t.Setenv(variable, t.TempDir())
	}
	configuration := manifest(t, "probe.yaml")[0].Data["aafailover.yaml"]
	secrets := regexp.MustCompile(`/run/secrets/aafailover/(\w+)`)
	for _, m := range secrets.FindAllStringSubmatch(configuration, -1) {
		if err := os.WriteFile(filepath.Join(folder, m[1]), []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configuration = secrets.ReplaceAllString(configuration, folder+"/$1")
	configuration = strings.NewReplacer("redis.us.example:12000", "127.0.0.1:1", "redis.eu.example:12000", "127.0.0.1:2").Replace(configuration)
	file := filepath.Join(folder, "aafailover.yaml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"probe.yaml", "smoke.yaml", "drill.yaml"} {
		objects := manifest(t, name)
		given := objects[len(objects)-1].pod().Containers[0].Args
		here := map[string]string{"/etc/aafailover/aafailover.yaml": file, ":9121": "127.0.0.1:0"}
		var args []string
		for _, arg := range given {
			args = append(args, cmp.Or(here[arg], arg))
		}
		if name == "probe.yaml" {
			args = append(args, "--for", "100ms") // it runs for good otherwise
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		var stdout, stderr bytes.Buffer
		code := cmd.Run(ctx, cmd.Process{Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr})
		cancel()
		if code != 1 && code != 3 {
			t.Errorf("%s: %q ends with %d\n%s%s", name, args, code, &stdout, &stderr)
		}
	}
}
