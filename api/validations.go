package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
)

const jsonType = "application/json; charset=utf-8"

// postValidation judges an upload and answers with its report: POST /v1/validations.
func (s *server) postValidation(c *gin.Context) {
	err := s.judge(c, func(ctx context.Context, upload Upload) error {
		report, err := s.Validator.Validate(ctx, upload)
		if err == nil {
			c.Data(http.StatusOK, jsonType, report)
		}
		return err
	})
	if err != nil {
		s.fail(c, err)
	}
}
