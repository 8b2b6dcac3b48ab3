"""Operations on a deployed stack."""
