// The address is relative: behind a proxy the API may have a path in front of it.
// No validator is asked, it would be another host's.
SwaggerUIBundle({
  url: '../../openapi.yaml',
  dom_id: '#page',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
  validatorUrl: null,
});
