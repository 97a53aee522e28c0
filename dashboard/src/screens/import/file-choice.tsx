import { type ReactNode, useState } from 'react'
import { Button, DropZone, FileTrigger, Text } from 'react-aria-components'
import { columnNames } from '../../../../src/cli/import/columns.ts'
import type { CsvTable } from '../../../../src/cli/import/csv-table.ts'
import { SelectInput } from '../../components/choice-inputs.tsx'
import { saveCsvFile } from '../../components/csv-file.ts'
import { FormErrors } from '../../components/form-errors.tsx'
import { Card } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'
import styles from './import.module.css'
import { readImportFile } from './import-file.ts'
import type { ImportBuilding } from './import-rows.ts'

/** Chooses the building and the file, and explains the columns. */
export function FileChoice({
  buildings,
  onChosen,
}: {
  readonly buildings: readonly ImportBuilding[]
  readonly onChosen: (table: CsvTable, building: ImportBuilding) => void
}): ReactNode {
  const [buildingId, setBuildingId] = useState(buildings.length === 1 ? (buildings[0]?.id ?? null) : null)
  const [error, setError] = useState<string | null>(null)
  const building = buildings.find(({ id }) => id === buildingId)

  async function choose(file: File | undefined): Promise<void> {
    if (file === undefined || building === undefined) return
    setError(null)
    try {
      onChosen(await readImportFile(file), building)
    } catch (problem) {
      setError((problem as Error).message)
    }
  }

  return (
    <>
      <Card>
        <div className={styles.building}>
          <SelectInput
            label={texts.importResidents.building}
            name="building"
            options={buildings}
            value={buildingId}
            onChange={setBuildingId}
          />
        </div>
        {building === undefined ? null : (
          <DropZone
            className={styles.drop ?? ''}
            onDrop={async ({ items }) => {
              const item = items.find(({ kind }) => kind === 'file')
              if (item?.kind === 'file') await choose(await item.getFile())
            }}
          >
            <FileTrigger
              acceptedFileTypes={['.csv', '.txt', '.tsv', 'text/csv']}
              onSelect={(files) => void choose(files?.[0])}
            >
              <Button className="react-aria-Button primary">{texts.importResidents.chooseFile}</Button>
            </FileTrigger>
            <Text slot="label" className="muted">
              {texts.importResidents.drop}
            </Text>
          </DropZone>
        )}
        <FormErrors messages={error === null ? [] : [error]} />
      </Card>
      <Card
        title={texts.importResidents.columns}
        action={
          <Button
            className="react-aria-Button quiet"
            onPress={() => saveCsvFile(texts.importResidents.templateName, `${columnNames.join(',')}\r\n`)}
          >
            {texts.importResidents.template}
          </Button>
        }
      >
        <dl className={styles.columns}>
          {Object.entries(texts.importResidents.columnHints).map(([name, hint]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd className="muted">{hint}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  )
}
