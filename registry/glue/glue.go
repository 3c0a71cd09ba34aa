// Package glue is the Schema Registry of AWS Glue seen as a registry.
//
// A subject is a schema's name in one Glue registry, a version its version
// number. Only versions with the status AVAILABLE count: Glue keeps the versions
// that it refused, with the status FAILURE, and lists them beside the others.
//
// # What Glue compares with
//
// Glue's modes are named in package compat's words: *_ALL is _TRANSITIVE. Two
// things are Glue's own.
//
// DISABLED admits no new version at all. It is no level, so Compatibility
// returns the empty Level for it and the caller's own default applies; NONE would
// turn a gate green for a change that Glue refuses. Settings tells the mode, and
// Register refuses.
//
// The checkpoint is a version that somebody marked: the first at the start, and
// another one only by UpdateSchema or the console. The AWS Glue Developer Guide
// ("AWS Glue Schema Registry", section "Schema versioning and compatibility")
// says both that the checkpoint decides the compatibility of new versions, and,
// mode by mode, that BACKWARD, FORWARD and FULL look at the previous or last
// version and the *_ALL modes at all previous versions. Users report that Glue
// does the latter while the checkpoint stays at version 1. This package follows
// the description of the modes: the latest version is the latest AVAILABLE one,
// the history is all AVAILABLE ones, wherever the checkpoint stands. That is
// also the question that matters to readers, since the stream holds records of
// those versions. Settings tells the checkpoint to whoever wants to predict Glue
// by the other reading.
//
// # What Glue cannot do
//
// It has no request that judges a schema without registering it, keeps no
// references between schemas, and gives no reason when it refuses a version
// after accepting the request.
//
// # Requests
//
// Credentials, profiles, proxies and AWS_CA_BUNDLE are the SDK's own business;
// a request that fails for a passing reason is made up to five times, or as
// AWS_MAX_ATTEMPTS says. The SDK's limit on the retries of all requests together
// is off: it protects a long-lived service from retry storms, while here the
// number of requests under way is bounded and each of a thousand subjects
// deserves its five attempts.
package glue

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	api "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/smithy-go/logging"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
)

// DefaultRegistry is the registry that every account has without creating it.
const DefaultRegistry = "default-registry"

// The requests at the same time, when Options do not say, and at most.
const (
	DefaultConcurrency = 8
	MaxConcurrency     = 16
)

const (
	attempts       = 5
	defaultTimeout = 30 * time.Second
)

// Options say which registry to open and how. Credentials are found by the
// SDK's own chain and cannot be given here.
type Options struct {
	// Registry is the name of the Glue registry, DefaultRegistry when empty.
	Registry string
	// Region is where it lies; empty leaves it to the SDK's chain (AWS_REGION,
	// the profile).
	Region string
	// EndpointURL replaces the address of AWS, for an emulator; empty leaves it to
	// the SDK's chain (AWS_ENDPOINT_URL_GLUE, the profile), which ends at AWS.
	EndpointURL string
	// Concurrency bounds the requests at the same time: DefaultConcurrency
	// when zero, never more than MaxConcurrency.
	Concurrency int
	// Timeout bounds one attempt of a request, 30 seconds when zero.
	Timeout time.Duration
	// Level is what Register demands of a schema that it creates, BACKWARD when empty.
	Level compat.Level
}

// Registry is one registry in AWS Glue. It is safe for concurrent use.
type Registry struct {
	client *api.Client
	name   string // of the Glue registry
	where  string // "in eu-west-1" or "at http://localhost:5000", for messages
	mode   types.Compatibility
	purse  *purse
	slots  chan struct{} // holds one element for each request under way
}

var (
	_ registry.Registry = (*Registry)(nil)
	_ registry.Writer   = (*Registry)(nil)
)

// Open finds the credentials and asks Glue for the registry. Errors are
// *registry.Error, or the context's when it was cancelled.
//
// Glue answers the same for an unknown schema and for a schema in an unknown
// registry. Without the question, a misspelt registry would make every subject
// pass for new.
func Open(ctx context.Context, o Options) (*Registry, error) {
	return open(ctx, o, nil)
}

// open is Open with a replacement for the network, or nil.
func open(ctx context.Context, o Options, network aws.HTTPClient) (*Registry, error) {
	if o.Registry == "" {
		o.Registry = DefaultRegistry
	}
	mode, err := o.newMode()
	if err != nil {
		return nil, err
	}
	settings, err := o.load(ctx, network)
	if err != nil {
		return nil, err
	}
	r := &Registry{
		name: o.Registry, mode: mode, purse: &purse{source: settings.Credentials},
		slots: make(chan struct{}, concurrency(o.Concurrency)),
	}
	r.client = api.NewFromConfig(settings, func(client *api.Options) {
		client.Credentials = r.purse
		client.HTTPClient = bounded{client.HTTPClient}
		client.Retryer = retryer(cmp.Or(settings.RetryMaxAttempts, attempts))
		if o.EndpointURL != "" {
			client.BaseEndpoint = &o.EndpointURL
		}
	})
	if r.where, err = place(r.client.Options()); err != nil {
		return nil, err
	}
	if err := r.exists(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func concurrency(wanted int) int {
	if wanted <= 0 {
		return DefaultConcurrency
	}
	return min(wanted, MaxConcurrency)
}

// newMode is the mode of a schema that Register creates.
func (o Options) newMode() (types.Compatibility, error) {
	if o.Level == "" {
		return types.CompatibilityBackward, nil
	}
	return modeOf(o.Level)
}

// load gathers what the environment, the shared files and the options say.
func (o Options) load(ctx context.Context, network aws.HTTPClient) (aws.Config, error) {
	if network == nil {
		timeout := o.Timeout
		if timeout <= 0 {
			timeout = defaultTimeout
		}
		network = awshttp.NewBuildableClient().WithTimeout(timeout)
	}
	settings, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(network),
		config.WithLogger(logging.Nop{}), // the SDK would write to standard error
		func(l *config.LoadOptions) error {
			l.Region = o.Region // empty means the chain's
			return nil
		})
	if err != nil {
		return settings, optionsError("reading the AWS configuration: "+err.Error(), "see AWS_PROFILE, AWS_CONFIG_FILE and AWS_CA_BUNDLE")
	}
	if settings.Region == "" {
		return settings, optionsError("opening the Glue registry "+o.Registry+": no AWS region is set", "set AWS_REGION, or a region in the AWS profile")
	}
	return settings, nil
}

// retryer decides which requests are made again, at most times in all.
func retryer(times int) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = times
		o.RateLimiter = ratelimit.None
		o.Retryables = append(o.Retryables,
			// A proxy says so without an error of AWS, which the SDK does not retry.
			retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}},
			retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
				if isCutOff(err) {
					return aws.TrueTernary
				}
				return aws.UnknownTernary
			}),
		)
	})
}

// exists asks for the registry. The default one is there as soon as somebody
// writes to it, so nothing is asked.
func (r *Registry) exists(ctx context.Context) error {
	if r.name == DefaultRegistry {
		return nil
	}
	doing := "opening " + r.String()
	out, err := call(ctx, r, doing, r.client.GetRegistry, &api.GetRegistryInput{RegistryId: r.id()})
	switch {
	case isNotFound(err):
		return r.missing(doing)
	case err != nil:
		return err
	case out.Status == types.RegistryStatusDeleting:
		return optionsError(doing + ": it is being deleted")
	}
	return nil
}

// missing says that the Glue registry itself is not there.
func (r *Registry) missing(doing string) error {
	return optionsError(doing+": there is no such registry",
		"list the registries with: aws glue list-registries",
		fmt.Sprintf("create it with: aws glue create-registry --registry-name %s", r.name))
}

// String names the registry in messages: the Glue registry orders in eu-west-1.
func (r *Registry) String() string { return "the Glue registry " + r.name + " " + r.where }

func (r *Registry) id() *types.RegistryId { return &types.RegistryId{RegistryName: &r.name} }

func (r *Registry) schemaID(subject string) *types.SchemaId {
	return &types.SchemaId{RegistryName: &r.name, SchemaName: &subject}
}

// call makes one request of the SDK as soon as fewer than the allowed number
// are under way. Waiting for the next attempt counts as under way, so that
// throttling slows the whole run down. A missing entity is registry.ErrNotFound.
func call[In, Out any](ctx context.Context, r *Registry, doing string, request func(context.Context, In, ...func(*api.Options)) (Out, error), in In) (Out, error) {
	var none Out
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return none, r.failed(doing, ctx.Err())
	}
	out, err := request(ctx, in)
	if err != nil {
		return none, r.failed(doing, err)
	}
	return out, nil
}
