/** Swagger UI on this server's own document: nothing is fetched from elsewhere, and `?url=` is not read. */
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js'

SwaggerUI({
  dom_id: '#swagger',
  url: '/openapi.json',
  queryConfigEnabled: false,
  validatorUrl: null,
  deepLinking: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
})
